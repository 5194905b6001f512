"""Backups: one file by pg_dump, restored in one transaction."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import URL

from gridmap.errors import FileFormatError, StoreError
from gridmap.store.engines import OWNER
from gridmap.store.server import find_programs

_NOT_OURS = re.compile(
    r"^\d+; \d+ \d+ (?:EXTENSION|COMMENT - EXTENSION|SCHEMA|COMMENT - SCHEMA"
    r"|TABLE DATA public spatial_ref_sys) "
)
# pg_restore --clean cannot drop partitions piece by piece and leaves tables of a newer schema.
_CLEAR = f"""
SET ROLE {OWNER};
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT oid::regclass AS name FROM pg_class
    WHERE relowner = '{OWNER}'::regrole AND relnamespace = 'public'::regnamespace
      AND relkind IN ('r', 'p') AND NOT relispartition
  LOOP EXECUTE format('DROP TABLE %s CASCADE', one.name); END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
    WHERE proowner = '{OWNER}'::regrole AND pronamespace = 'public'::regnamespace
  LOOP EXECUTE format('DROP FUNCTION %s CASCADE', one.name); END LOOP;
END $$;
"""  # noqa: S608  names of our own roles
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
    with tempfile.TemporaryDirectory() as folder:
        contents, clearing, script = (Path(folder) / one for one in ("list", "clear", "restore"))
        contents.write_text("\n".join(wanted))
        clearing.write_text(_CLEAR)
        _run(
            None, programs, "pg_restore", "--no-owner", f"--role={OWNER}",
            f"--use-list={contents}", f"--file={script}", str(path),
        )  # fmt: skip
        _run(
            url, programs, "psql", "--no-psqlrc", "--quiet", "--single-transaction",
            "--set=ON_ERROR_STOP=1", f"--file={clearing}", f"--file={script}",
        )  # fmt: skip


def _run(url: URL | None, programs: Path | None, program: str, *arguments: str) -> str:
    # The password travels in the environment: arguments can be read by everyone on the machine.
    known = {"PGPASSWORD": str(url.password)} if url and url.password else {}
    where = [f"--dbname={_without_password(url)}"] if url else []
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
