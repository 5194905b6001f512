"""Settings of the web application: from the environment and a private secrets file."""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import InputError

SECRETS_FILE = "web-secrets.json"
_ON = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True)
class Settings:
    """What a deployment decides; everything else is code.

    Attributes
    ----------
    secret_key, password_salt : str
        Secrets of the installation.
    database : str, optional
        Address of the database; the private cluster where it is empty.
    https : bool
        Whether readers reach the application over HTTPS; cookies are then Secure and HSTS is sent.
    proxies : int
        Number of trusted reverse proxies in front.
    workers : int
        Number of worker processes; a rate limit is shared out among them.
    base_tiles : str, optional
        Address template of a raster base map; without it the district's own streets are drawn.
    login_tries : int
        Sign-in attempts allowed for one address and name in a quarter of an hour.
    """

    secret_key: str
    password_salt: str
    database: str | None = None
    https: bool = False
    proxies: int = 0
    workers: int = 1
    base_tiles: str | None = None
    login_tries: int = 10


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from the environment; secrets are made on the first start.

    Parameters
    ----------
    environment : mapping of str to str
        ``GRIDMAP_DATABASE``, ``GRIDMAP_HTTPS``, ``GRIDMAP_PROXIES``, ``GRIDMAP_WORKERS``,
        ``GRIDMAP_BASE_TILES``, ``GRIDMAP_LOGIN_TRIES`` and ``GRIDMAP_HOME`` (data folder).

    Raises
    ------
    InputError
        If a number is none, or the base map address is not an https template.
    """
    secret = read_secrets(data_folder(environment))
    return Settings(
        secret_key=secret["secret_key"],
        password_salt=secret["password_salt"],
        database=environment.get("GRIDMAP_DATABASE") or None,
        https=environment.get("GRIDMAP_HTTPS", "").lower() in _ON,
        proxies=_whole(environment, "GRIDMAP_PROXIES", 0),
        workers=max(1, _whole(environment, "GRIDMAP_WORKERS", 1)),
        base_tiles=_tile_address(environment.get("GRIDMAP_BASE_TILES")),
        login_tries=_whole(environment, "GRIDMAP_LOGIN_TRIES", 10),
    )


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Folder where this installation keeps its own files.

    Examples
    --------
    >>> data_folder({"GRIDMAP_HOME": "somewhere"}).name
    'somewhere'
    """
    if told := environment.get("GRIDMAP_HOME"):
        return Path(told)
    base = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "gridmap"


def read_secrets(folder: Path) -> dict[str, str]:
    """Secrets of the installation, made on first use in a file that only its owner reads.

    Parameters
    ----------
    folder : Path
        Data folder; made where missing.

    Raises
    ------
    InputError
        If the file is there but cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / SECRETS_FILE
    if not path.exists():
        _make_secrets(path)
    return _known_secrets(path)


def _make_secrets(path: Path) -> None:
    """Write beside, then link: of workers that start together one wins, none reads half a file."""
    made = {"secret_key": secrets.token_urlsafe(48), "password_salt": secrets.token_urlsafe(24)}
    mark, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(mark, "w", encoding="utf-8") as file:
            json.dump(made, file)
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        Path(beside).unlink()


def _known_secrets(path: Path) -> dict[str, str]:
    path.chmod(0o600)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(known[name]) for name in ("secret_key", "password_salt")}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The secrets file '{path}' cannot be read; expected JSON with secret_key and "
            "password_salt. Remove it to have a new one made; everyone signs in again."
        ) from error


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal():
        raise InputError(f"{name} is '{text}'; expected a whole number such as {default}.")
    return int(text)


def _tile_address(text: str | None) -> str | None:
    if not text:
        return None
    if not text.startswith(("https://", "http://")) or not all(p in text for p in _PLACES):
        raise InputError(
            f"GRIDMAP_BASE_TILES is '{text}'; expected an address such as "
            "https://tiles.example/{z}/{x}/{y}.png."
        )
    return text


_PLACES = ("{z}", "{x}", "{y}")
