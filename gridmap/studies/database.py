"""Keep the database: start and stop the private one, migrate, load, remove, back up, restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine
from sqlalchemy.exc import OperationalError

from gridmap.errors import InputError, StoreError
from gridmap.progress import Progress, silent
from gridmap.store import backup, cluster, server
from gridmap.store.engines import database_url, is_private, open_owner_engine

if TYPE_CHECKING:
    import pandas as pd


def start() -> cluster.Status:
    """Start the private database and bring it up to date."""
    cluster.up()
    return cluster.status()


def stop() -> bool:
    """Stop the private database; whether it was running."""
    return cluster.down()


def find_status() -> cluster.Status:
    """Read the state of the private database."""
    return cluster.status()


def migrate(database: str | None = None) -> None:
    """Bring a database to the newest revision; the private one is started first."""
    from gridmap.store import upkeep

    _ready(database)
    upkeep.migrate(database)


def load(
    path: str | Path,
    cover_folder: str | Path | None = None,
    *,
    database: str | None = None,
    timezone: str | None = None,
    discard_editions: bool = False,
    progress: Progress = silent,
) -> tuple[int, str]:
    """Load a district file, with what ``gridmap cover`` made of it, all or nothing.

    Raw fixes older than two weeks are dropped afterwards, those of every district.

    Parameters
    ----------
    path : path
        District file.
    cover_folder : path, optional
        Folder that ``gridmap cover`` wrote. Without it the district has no coverage.
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    timezone : str, optional
        IANA zone of the windows; default the district's.
    discard_editions : bool
        Whether grids published in the database that the file does not have may be lost.
    progress : callable

    Returns
    -------
    tuple of int and str
        Number and name of the district.

    Raises
    ------
    InputError
        If the services of the folder were measured by bicycle or car: the pages show walks.
    """
    # What reads files is slow to import, and starting the database must not wait for it.
    from gridmap.io.districts import read_district
    from gridmap.store.load import load_district
    from gridmap.store.retention import retain
    from gridmap.store.standards import StandardsRows
    from gridmap.studies.cover import read_cover
    from gridmap.studies.grid_rows import grid_rows
    from gridmap.studies.patrol_results import stored_patrol
    from gridmap.studies.service_results import stored_results

    district = read_district(path, timezone)
    found = read_cover(cover_folder) if cover_folder else None
    computed = {}
    if found is not None:
        _check_on_foot(found.coverage, cover_folder)
        names = (
            "coverage", "gaps", "summary", "service_areas", "views", "blind_spots", "presence",
            "privacy",
        )  # fmt: skip
        computed = (
            {name: getattr(found, name) for name in names}
            | stored_results(found)
            | stored_patrol(found)
        )
        computed["standards"] = StandardsRows(found.standards, found.standards_facts)
    at: date | None = found.at if found is not None else None
    with owning(database) as engine:
        number = load_district(
            engine, district, **computed, grid=grid_rows(district, at), at=at,
            discard_editions=discard_editions, progress=progress,
        )  # fmt: skip
        retain(engine)
    return number, district.name


def _check_on_foot(coverage: Any, folder: str | Path | None) -> None:
    """Refuse services of other modes: the pages and the rules they show are about walking."""
    measures = coverage.loc[coverage["dimension"] == "services", "measure"]
    for mode, word in (("bike", "bicycle"), ("drive", "car")):
        if measures.str.endswith(f".{mode}_share").any():
            raise InputError(
                f"Expected services measured on foot in {folder}, found them by {word}. The pages "
                "show walks: load a folder of gridmap cover --mode walk. Results of other modes "
                "are for gridmap compare, report and the files themselves."
            )


def list_loaded(database: str | None = None) -> "pd.DataFrame":
    """Districts that are loaded: id, key, name, as_of and more."""
    from gridmap.store.reads import list_districts

    with owning(database) as engine, engine.connect() as connection:
        return list_districts(connection)


def remove(key: str, database: str | None = None, *, sure: bool = False) -> str:
    """Remove a district with its layers, coverage and the scopes of users that name it.

    Parameters
    ----------
    key : str
        Code, name or number.
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    sure : bool
        Whether the caller means it.

    Returns
    -------
    str
        Name of the district.

    Raises
    ------
    InputError
        If no such district is loaded, or the caller is not sure.
    """
    from gridmap.store.accounts import find_district
    from gridmap.store.load import remove_district
    from gridmap.store.reads import list_districts

    with owning(database) as engine, engine.begin() as connection:
        number = find_district(connection, key)
        name = str(list_districts(connection).set_index("id")["name"][number])
        if not sure:
            raise InputError(
                f"District '{name}' would be removed with its layers, its coverage and what users "
                "may see of it. Keep a copy with gridmap db backup FILE, then add --yes."
            )
        remove_district(connection, number)
    return name


def save_backup(path: str | Path, database: str | None = None) -> None:
    """Write a backup beside its place and rename it when it is complete.

    Raw fixes past their time are dropped first, so that no backup keeps them.
    """
    from gridmap.io.files import replacing
    from gridmap.store.retention import retain

    with owning(database) as engine:
        retain(engine)
    with replacing(path) as beside:
        backup.write_backup(_keeper(database), Path(beside), _programs(database))


def restore_backup(path: str | Path, database: str | None = None) -> None:
    """Replace what the database holds by a backup, then bring it to the newest revision."""
    from gridmap.store.retention import retain

    _ready(database)
    backup.read_backup(_keeper(database), Path(path), _programs(database))
    migrate(database)
    # An old backup brings raw fixes back whose time is over.
    with owning(database) as engine:
        retain(engine)


@contextmanager
def owning(database: str | None = None) -> Iterator[Engine]:
    """Engine of the owner on a database that is up; closed afterwards.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    _ready(database)
    engine = open_owner_engine(database)
    try:
        yield engine
    except OperationalError as error:
        raise StoreError(
            f"The database cannot be reached: {str(error.orig).strip()}. Check the address in "
            "--database or GRIDMAP_DATABASE."
        ) from error
    finally:
        engine.dispose()


def _ready(database: str | None) -> None:
    if is_private(database):
        cluster.up()


def _keeper(database: str | None) -> URL:
    return database_url(database, role="superuser")


def _programs(database: str | None) -> Path:
    return server.find_programs(server.find_server() if is_private(database) else None)
