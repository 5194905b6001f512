"""Backups: one file by pg_dump, restored by pg_restore in one transaction."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import URL

from gridmap.errors import FileFormatError, StoreError
from gridmap.store.engines import OWNER
from gridmap.store.server import find_programs

_NOT_OURS = re.compile(r"^\d+; \d+ \d+ (?:EXTENSION|COMMENT - EXTENSION|SCHEMA|COMMENT - SCHEMA) ")
_MARK = " TABLE public alembic_version "


def write_backup(url: URL, path: Path, programs: Path | None = None) -> None:
    """Write everything gridmap keeps in a database into one compressed file.

    Parameters
    ----------
    url : URL
        Login that may act as the owner.
    path : Path
        File to write; the caller gives it its final name.
    programs : Path, optional
        Folder of PostgreSQL's programs; default the newest installed.

    Raises
    ------
    StoreError
        If the dump fails.
    """
    _run(
        url, programs, "pg_dump", "--format=custom", "--no-owner", f"--role={OWNER}",
        "--enable-row-security", "--schema=public", f"--file={path}",
    )  # fmt: skip


def read_backup(url: URL, path: Path, programs: Path | None = None) -> None:
    """Replace everything gridmap keeps by what a backup holds: all or nothing.

    Raises
    ------
    FileFormatError
        If the file is no backup of gridmap.
    StoreError
        If the database refuses; it stays as it was.
    """
    if not path.is_file():
        raise FileFormatError(f"There is no backup file {path}.")
    try:
        listed = _run(None, programs, "pg_restore", "--list", str(path))
    except StoreError as error:
        raise FileFormatError(f"{path} is no backup, or it is damaged: {error}") from error
    if _MARK not in listed:
        raise FileFormatError(f"{path} is a PostgreSQL dump, but not of a gridmap database.")
    wanted = [line for line in listed.splitlines() if not _NOT_OURS.match(line)]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as contents:
        contents.write("\n".join(wanted))
        contents.flush()
        _run(
            url, programs, "pg_restore", "--single-transaction", "--exit-on-error", "--clean",
            "--if-exists", "--no-owner", f"--role={OWNER}", f"--use-list={contents.name}",
            f"--dbname={_without_password(url)}", str(path),
        )  # fmt: skip


def _run(url: URL | None, programs: Path | None, program: str, *arguments: str) -> str:
    # The password travels in the environment: arguments can be read by everyone on the machine.
    known = {"PGPASSWORD": str(url.password)} if url and url.password else {}
    where = [_without_password(url)] if url and program == "pg_dump" else []
    done = subprocess.run(  # noqa: S603  our own arguments, no shell
        [str((programs or find_programs()) / program), *arguments, *where],
        env={**os.environ, **known, "PGOPTIONS": "-c lock_timeout=60s", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoreError(f"PostgreSQL's {program} failed: {done.stderr.strip()[-600:]}")
    return done.stdout


def _without_password(url: URL) -> str:
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)
