"""Commands: db up, down, status, migrate, load, list, remove, backup, restore, retain, keep."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from gridmap.cli.terminal import Bar


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap db`` with its verbs."""
    group = commands.add_parser("db", help="the database: start, stop, migrate, load, back up")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    _verb(verbs, "up", run_up, "start the private database and bring it up to date")
    _verb(verbs, "down", run_down, "stop the private database")
    _verb(verbs, "status", run_status, "say whether the private database runs, and where")
    migrate = _verb(verbs, "migrate", run_migrate, "bring a database to the newest revision")
    load = _verb(verbs, "load", run_load, "load a district, all or nothing")
    load.add_argument("district", metavar="DISTRICT", help="district file (.gpkg or folder)")
    load.add_argument("--cover", metavar="FOLDER", help="what gridmap cover wrote")
    load.add_argument("--timezone", metavar="ZONE", help="IANA zone of the windows")
    load.add_argument(
        "--discard-editions",
        action="store_true",
        help="lose grids that were published in the database since the file was written",
    )
    listing = _verb(verbs, "list", run_list, "list the districts that are loaded")
    remove = _verb(verbs, "remove", run_remove, "remove a district with all that belongs to it")
    remove.add_argument("district", metavar="DISTRICT", help="code, name or number")
    remove.add_argument("--yes", action="store_true", help="remove it; there is no way back")
    backup = _verb(verbs, "backup", run_backup, "write everything into one file")
    restore = _verb(verbs, "restore", run_restore, "replace everything by a backup")
    for one in (backup, restore):
        one.add_argument("file", metavar="FILE")
    fresh = _verb(verbs, "refresh-presence", run_refresh, "work out what fixes came for")
    retain = _verb(verbs, "retain", run_retain, "drop raw fixes whose time is over")
    keep = _verb(verbs, "keep", run_keep, "refresh presence every minute, retain every night")
    retain.add_argument("--backups", metavar="FOLDER", help="remove backups that hold older ones")
    keep.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="default 60")
    keep.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    for one in (retain, keep):
        one.add_argument("--days", type=int, default=14, metavar="N", help="1 to 30, default 14")
    for one in (migrate, load, listing, remove, backup, restore, fresh, retain, keep):
        add_database(one)


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add ``--database``."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help="address of a PostGIS (default: GRIDMAP_DATABASE, else the private database)",
    )


def run_up(_: argparse.Namespace) -> int:
    """Start the private database."""
    from gridmap.studies import database

    status = database.start()
    print(f"The database runs (PostgreSQL {status.version}, socket in {status.sockets}).")
    return 0


def run_down(_: argparse.Namespace) -> int:
    """Stop the private database."""
    from gridmap.studies import database

    print("The database has stopped." if database.stop() else "The database was not running.")
    return 0


def run_status(_: argparse.Namespace) -> int:
    """Say how the private database is; exit 1 unless it runs."""
    from gridmap.studies import database

    status = database.find_status()
    words = {
        "absent": "There is no private database yet; gridmap db up makes it",
        "stopped": "The database is stopped; gridmap db up starts it",
        "running": "The database runs",
    }
    print(f"{words[status.state]} (folder {status.home}).")
    return 0 if status.state == "running" else 1


def run_migrate(told: argparse.Namespace) -> int:
    """Bring a database to the newest revision."""
    from gridmap.studies import database

    database.migrate(told.database)
    print("The database is at the newest revision.")
    return 0


def run_load(told: argparse.Namespace) -> int:
    """Load a district."""
    from gridmap.studies import database

    with Bar() as progress:
        number, name = database.load(
            told.district,
            told.cover,
            database=told.database,
            timezone=told.timezone,
            discard_editions=told.discard_editions,
            progress=progress,
        )
    print(f"District '{name}' is loaded (number {number}).")
    return 0


def run_list(told: argparse.Namespace) -> int:
    """List the districts: number, code, name, day of the coverage."""
    from gridmap.studies import database

    for row in database.list_loaded(told.database).itertuples():
        print(row.id, row.key, row.name, row.as_of or "no coverage", sep="\t")
    return 0


def run_remove(told: argparse.Namespace) -> int:
    """Remove a district."""
    from gridmap.studies import database

    name = database.remove(told.district, told.database, sure=told.yes)
    print(f"District '{name}' is removed.")
    return 0


def run_backup(told: argparse.Namespace) -> int:
    """Write a backup."""
    from gridmap.studies import database

    database.save_backup(told.file, told.database)
    print(f"The backup is in {told.file}.")
    return 0


def run_restore(told: argparse.Namespace) -> int:
    """Restore a backup."""
    from gridmap.studies import database

    database.restore_backup(told.file, told.database)
    print(f"The database holds what {told.file} held.")
    return 0


def run_refresh(told: argparse.Namespace) -> int:
    """Work out the unit-days that fixes came for."""
    from gridmap.studies.refresh import refresh_presence

    done = refresh_presence(told.database)
    print(f"{done.unit_days} unit-days worked out, presence of {done.days} days written.")
    return 0


def run_retain(told: argparse.Namespace) -> int:
    """Drop raw fixes whose time is over."""
    from gridmap.studies.retention import forget

    dropped, backups = forget(told.database, told.days, told.backups)
    for one in dropped:
        print(f"dropped  {one.partition}: {one.fixes} fixes of {one.shifts} shifts")
    for name in backups:
        print(f"removed  backup {name}")
    print(f"{len(dropped)} days dropped; each has an entry in the audit log.")
    return 0


def run_keep(told: argparse.Namespace) -> int:
    """Keep presence up to date and forget raw fixes, until stopped."""
    from gridmap.studies.retention import keep

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    keep(told.database, told.every, told.days, tell, told.parent)
    return 0


def _verb(
    verbs: "argparse._SubParsersAction[Any]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=words, description=words + ".")
    parser.set_defaults(run=run)
    return parser
