"""Commands: serve."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from gridmap.errors import InputError, StoreError

APPLICATION = "web:create_app()"
"""Named and not imported: the command line lies below the web application."""
_THREADS = 4
_GRACE_S = 20
_LONGEST_REQUEST_S = 60
_LONGEST_LINE = 4094


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    parser = commands.add_parser(
        "serve", help="serve the pages", description="Serve the pages of the loaded districts."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--workers", type=int, default=2, help="number of processes")
    parser.add_argument("--https-cert", type=Path, metavar="FILE", help="certificate (PEM)")
    parser.add_argument("--https-key", type=Path, metavar="FILE", help="its private key (PEM)")
    parser.add_argument("--database", metavar="URL", help="default: GRIDMAP_DATABASE, or private")
    parser.set_defaults(run=serve)


def serve(told: argparse.Namespace) -> int:
    """Serve until stopped.

    Raises
    ------
    InputError
        If a port or a number of processes cannot be, or only one half of a certificate is given.
    """
    _check(told)
    environment = {"GRIDMAP_WORKERS": str(told.workers)}
    if told.database:
        environment["GRIDMAP_DATABASE"] = told.database
    if told.https_cert:
        environment["GRIDMAP_HTTPS"] = "1"
    os.environ.update(environment)
    _require_database()
    scheme = "https" if told.https_cert else "http"
    print(f"gridmap: serving on {scheme}://{_shown_host(told.host)}:{told.port}/  (stop: Ctrl-C)")
    sys.stdout.flush()
    _run(gunicorn_settings(told))
    return 0


def gunicorn_settings(told: argparse.Namespace) -> dict[str, Any]:
    """Choose the settings of the server for these arguments.

    Notes
    -----
    gunicorn 27 opens a control socket in the home folder by default; it is off here: the server
    is stopped by a signal and takes no orders from other programs.

    Examples
    --------
    >>> told = argparse.Namespace(
    ...     host="::1", port=80, workers=2, https_cert=None, https_key=None)
    >>> settings = gunicorn_settings(told)
    >>> settings["bind"], settings["control_socket_disable"]
    ('[::1]:80', True)
    """
    settings: dict[str, Any] = {
        "bind": f"{_shown_host(told.host)}:{told.port}",
        "workers": told.workers,
        "worker_class": "gthread",
        "threads": _THREADS,
        "timeout": _LONGEST_REQUEST_S,
        "graceful_timeout": _GRACE_S,
        "limit_request_line": _LONGEST_LINE,
        "control_socket_disable": True,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "proc_name": "gridmap",
        # Without a proxy nobody may tell another scheme; proxies are counted by GRIDMAP_PROXIES.
        "forwarded_allow_ips": "",
    }
    if told.https_cert:
        settings |= {"certfile": str(told.https_cert), "keyfile": str(told.https_key)}
    return settings


def _check(told: argparse.Namespace) -> None:
    if not 1 <= told.port <= 65535:
        raise InputError(f"--port is {told.port}; expected a number from 1 to 65535.")
    if not 1 <= told.workers <= 64:
        raise InputError(f"--workers is {told.workers}; expected a number from 1 to 64.")
    if (told.https_cert is None) != (told.https_key is None):
        raise InputError("--https-cert and --https-key belong together; found only one of them.")
    for file in filter(None, (told.https_cert, told.https_key)):
        if not file.is_file():
            raise InputError(f"There is no file '{file}'. Give the path of a PEM file.")


def _require_database() -> None:
    """Fail here, with one clear message, and not in every worker."""
    from sqlalchemy.exc import OperationalError

    from gridmap.store.engines import open_engine

    engine = open_engine()
    try:
        engine.connect().close()
    except OperationalError as error:
        raise StoreError(
            "The database does not answer. Start the private one with gridmap db up, or correct "
            "--database."
        ) from error
    finally:
        engine.dispose()


def _run(settings: dict[str, Any]) -> None:
    from gunicorn.app.base import BaseApplication
    from gunicorn.util import import_app

    class Server(BaseApplication):
        """gunicorn with the settings above and no file of its own."""

        def load_config(self) -> None:
            """Take over the settings."""
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """Make the application, in each worker."""
            return import_app(APPLICATION)

    Server().run()


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
