"""A PostgreSQL server of our own: its folder, its programs, how it starts, stops and recovers.

PostgreSQL refuses to run as root, so root's server runs as the user ``postgres`` (or the one named
in ``GRIDMAP_SERVER_USER``) with its files under ``/var/lib/gridmap``.
"""

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from gridmap.errors import StoreError
from gridmap.store.engines import APP, OWNER

SUPERUSER = "gridmap_super"
PORT = 5432
"""Part of the socket's name; nothing listens on a network."""
SOCKET_PATH_MAX = 107
"""Longest path of a unix socket [bytes] on Linux."""
_SETTINGS = """\
# Written by gridmap on every start; changes belong in postgresql.auto.conf.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777
port = {port}
max_connections = 60
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
"""
_THROWAWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"


@dataclass(frozen=True)
class Server:
    """One private server: its folder, and the system user it runs as (None: this one)."""

    home: Path
    user: str | None = None
    throwaway: bool = False

    @property
    def files(self) -> Path:
        """Folder of the database itself."""
        return self.home / "postgres"

    @property
    def passwords(self) -> Path:
        """File with the passwords, readable by its owner only."""
        return self.home / "passwords.json"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.files / "server.log"

    @property
    def sockets(self) -> Path:
        """Folder of the socket: beside the database, or a short one where the path is too long."""
        near = self.home / "run"
        if len(os.fsencode(str(near / f".s.PGSQL.{PORT}"))) <= SOCKET_PATH_MAX:
            return near
        digest = hashlib.sha256(os.fsencode(str(self.home))).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gridmap-{os.getuid()}-{digest}"


def find_server(home: Path | None = None) -> Server:
    """Server of this user: ``GRIDMAP_HOME``, else the user's data folder (root: /var/lib/gridmap).

    Raises
    ------
    StoreError
        As root, if the system user for the server does not exist.
    """
    as_root = os.geteuid() == 0
    given = home or (Path(os.environ["GRIDMAP_HOME"]) if os.environ.get("GRIDMAP_HOME") else None)
    if given is None and as_root:
        given = Path("/var/lib/gridmap")
    if given is None:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
        given = Path(base) / "gridmap"
    return Server(given.absolute(), _server_user() if as_root else None)


def conninfo(server: Server, role: str, database: str) -> str:
    """Write a connection string for psycopg, pg_dump and pg_restore."""
    login = SUPERUSER if role == "superuser" else role
    return psycopg.conninfo.make_conninfo(
        host=str(server.sockets),
        port=PORT,
        user=login,
        password=read_passwords(server)[login],
        dbname=database,
        connect_timeout=10,
    )


def start(server: Server) -> None:
    """Start a server that may be running already, was never made, or crashed."""
    if server.passwords.exists() and answers(server):
        return
    _make_home(server)
    with _alone(server):
        if server.passwords.exists() and answers(server):
            return
        if not (server.files / "PG_VERSION").exists():
            _initialise(server)
        _forget_dead(server)
        _make_sockets(server)
        _write_settings(server)
        _run(server, "pg_ctl", "-D", str(server.files), "-l", str(server.log), "-w", "-t", "60",
             "start")  # fmt: skip


def stop(server: Server, mode: Literal["fast", "immediate"] = "fast") -> bool:
    """Stop a server; whether it was running."""
    if not (server.files / "postmaster.pid").exists():
        return False
    if _forget_dead(server):
        return False
    _run(server, "pg_ctl", "-D", str(server.files), "-m", mode, "-w", "stop")
    return True


def answers(server: Server) -> bool:
    """Whether the server takes connections."""
    if not (server.sockets / f".s.PGSQL.{PORT}").exists():
        return False
    try:
        psycopg.connect(conninfo(server, "superuser", "postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def find_programs(server: Server | None = None) -> Path:
    """Folder of PostgreSQL's programs: the version of the database, else the newest.

    Raises
    ------
    StoreError
        If there is none; the message names the packages.
    """
    wanted = ""
    if server and (server.files / "PG_VERSION").exists():
        wanted = (server.files / "PG_VERSION").read_text().strip()
    found = {one.parent.parent.name: one.parent for one in _LIBRARY.glob("*/bin/pg_ctl")}
    if not wanted and found:
        return found[max(found, key=_as_number)]
    if wanted in found:
        return found[wanted]
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    raise StoreError(
        f"PostgreSQL{' ' + wanted if wanted else ''} with PostGIS is not installed. On Debian or "
        f"Ubuntu run as root: apt-get install postgresql-{wanted or '15'} "
        f"postgresql-{wanted or '15'}-postgis-3 (15 or newer; the number is that of your system). "
        "Or point GRIDMAP_DATABASE at a PostGIS elsewhere."
    )


_LIBRARY = Path("/usr/lib/postgresql")


def _as_number(version: str) -> float:
    return float(version) if version.replace(".", "", 1).isdigit() else 0.0


def _server_user() -> str:
    name = os.environ.get("GRIDMAP_SERVER_USER", "postgres")
    try:
        pwd.getpwnam(name)
    except KeyError:
        raise StoreError(
            f"PostgreSQL refuses to run as root, and the system user '{name}' does not exist. On "
            "Debian or Ubuntu: apt-get install postgresql-15 postgresql-15-postgis-3 makes it; or "
            "name another in GRIDMAP_SERVER_USER, or run gridmap as an ordinary user."
        ) from None
    return name


def _run(server: Server, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the server's user; its complaint becomes our error."""
    path = find_programs(server) / program
    who = pwd.getpwnam(server.user) if server.user else None
    # Files and not pipes: the server started by pg_ctl would keep a pipe open for ever.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603  our own arguments, no shell
            [str(path), *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            user=who.pw_uid if who else None,
            group=who.pw_gid if who else None,
            extra_groups=[] if who else None,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "LANG": "C"},
            check=False,
        )
        said.seek(0)
        words = said.read().decode(errors="replace").strip()
    if done.returncode:
        raise StoreError(
            f"PostgreSQL's {program} failed: {words[-600:]}{_last_words(server)} "
            f"The server's folder is {server.files}."
        )


def _last_words(server: Server) -> str:
    if not server.log.exists():
        return ""
    return "\n" + "\n".join(server.log.read_text(errors="replace").splitlines()[-5:]) + "\n"


def _make_home(server: Server) -> None:
    server.home.mkdir(parents=True, exist_ok=True)
    if server.user is None:
        return
    who = pwd.getpwnam(server.user)
    # Enter, not list: the server's user passes through to its own folder, nobody reads ours.
    server.home.chmod(0o711)
    blocked = [p for p in server.home.parents if not _may_enter(p, who)]
    if blocked:
        raise StoreError(
            f"The server runs as '{server.user}', who may not enter {blocked[-1]}. Set "
            "GRIDMAP_HOME to a folder others may pass through, such as /var/lib/gridmap."
        )


def _may_enter(folder: Path, who: pwd.struct_passwd) -> bool:
    told = folder.stat()
    if told.st_uid == who.pw_uid:
        return bool(told.st_mode & stat.S_IXUSR)
    if told.st_gid == who.pw_gid:
        return bool(told.st_mode & stat.S_IXGRP)
    return bool(told.st_mode & stat.S_IXOTH)


@contextmanager
def _alone(server: Server) -> Iterator[None]:
    """Hold the lock of the folder, so that two starts at once make one server."""
    with (server.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _initialise(server: Server) -> None:
    """Make the database cluster; a half-made one from an interrupted run is made anew."""
    shutil.rmtree(server.files, ignore_errors=True)
    server.files.mkdir(mode=0o700)
    _give_to_server(server, server.files)
    passwords = {login: secrets.token_urlsafe(24) for login in (SUPERUSER, OWNER, APP)}
    _write_secret(server.passwords, json.dumps(passwords))
    first = server.home / "first-password"
    _write_secret(first, passwords[SUPERUSER])
    _give_to_server(server, first)
    try:
        _run(
            server, "initdb", "-D", str(server.files), "-U", SUPERUSER, "-A", "scram-sha-256",
            f"--pwfile={first}", "-E", "UTF8", "--locale=C.UTF-8",
            *(["--no-sync"] if server.throwaway else []),
        )  # fmt: skip
    except StoreError:
        shutil.rmtree(server.files, ignore_errors=True)
        raise
    finally:
        first.unlink()
    with (server.files / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'gridmap.conf'\n")


def _write_secret(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)


def _give_to_server(server: Server, path: Path) -> None:
    if server.user:
        who = pwd.getpwnam(server.user)
        os.chown(path, who.pw_uid, who.pw_gid)


def _make_sockets(server: Server) -> None:
    folder = server.sockets
    folder.mkdir(mode=0o700, exist_ok=True)
    told = folder.lstat()
    expected = pwd.getpwnam(server.user).pw_uid if server.user else os.geteuid()
    # In a shared temporary folder somebody else may have put something in the way.
    if not stat.S_ISDIR(told.st_mode) or told.st_uid not in {expected, os.geteuid()}:
        raise StoreError(
            f"{folder} is in the way: expected a folder of this user for the server's socket. "
            "Remove it, or set GRIDMAP_HOME to a shorter path."
        )
    folder.chmod(0o700)
    _give_to_server(server, folder)


def _write_settings(server: Server) -> None:
    quoted = str(server.sockets).replace("'", "''")
    text = _SETTINGS.format(sockets=quoted, port=PORT)
    path = server.files / "gridmap.conf"
    path.write_text(text + (_THROWAWAY if server.throwaway else ""))
    _give_to_server(server, path)


def _forget_dead(server: Server) -> bool:
    """Remove what a server that is gone left behind; whether there was something.

    After a crash or a restarted container the number in its pid file may belong to an unrelated
    process, and PostgreSQL would refuse to start. Its processes all work in its folder: where one
    still does, nothing is removed, for two servers on the same files would destroy them.
    """
    file = server.files / "postmaster.pid"
    if not file.exists() or not Path("/proc/self/cwd").exists():
        return False
    if _is_server(_first_number(file), server.files):
        return False
    _wait_for_orphans(server.files)
    socket = server.sockets / f".s.PGSQL.{PORT}"
    for left in (file, socket, socket.with_name(f"{socket.name}.lock")):
        left.unlink(missing_ok=True)
    return True


def _first_number(file: Path) -> str:
    return file.read_text().split("\n", 1)[0].strip()


def _is_server(pid: str, files: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == files.resolve()
    except OSError:
        return False


def _wait_for_orphans(files: Path, seconds: float = 10.0) -> None:
    """Wait for the processes a killed server leaves behind; they notice and end by themselves."""
    until = time.monotonic() + seconds
    while alive := [p.name for p in Path("/proc").glob("[0-9]*") if _is_server(p.name, files)]:
        if time.monotonic() > until:
            raise StoreError(
                f"The database server is gone, but its processes {', '.join(alive)} still work in "
                f"{files}. End them, then start again."
            )
        time.sleep(0.05)


def read_passwords(server: Server) -> dict[str, str]:
    """Read the passwords of the logins by name."""
    try:
        return dict(json.loads(server.passwords.read_text()))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The passwords of the private database cannot be read from {server.passwords}: "
            f"{error}. Run as the user who made it, or start it with gridmap db up."
        ) from error
