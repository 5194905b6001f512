"""The demonstration: the sample district in the database, and an account for each role."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gridmap.errors import InputError
from gridmap.progress import Progress, silent
from gridmap.store import accounts
from gridmap.store.accounts import Part
from gridmap.studies.database import owning

NAME = "Helsinki city centre (study area)"
"""Name of the sample district; written here so that a second start reads no district file."""
AS_OF = datetime(2026, 3, 4, tzinfo=UTC)
"""The moment the demonstration is seen from: the day after the last made-up shift."""
ROLES = ("worker", "planner", "liaison", "admin")
WORKER_CELLS = 3
"""Cells the demonstration's grid worker answers for."""


def prepare_demo(
    database: str | None = None, *, fresh: bool = False, progress: Progress = silent
) -> Mapping[str, str]:
    """Load the sample district unless it is there, and give every role a new password.

    Parameters
    ----------
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    fresh : bool
        Load the district even if it is there.
    progress : callable
        Told of each stage.

    Returns
    -------
    mapping of str to str
        Random passwords by user name (the name of the role); they are stored nowhere.
    """
    with owning(database) as engine:
        number = _number_of(engine)
        if fresh or number is None:
            number = _load(engine, progress)
        with Session(engine) as session, session.begin():
            return {role: _renew(session, role, number) for role in ROLES}


def _number_of(engine: Engine) -> int | None:
    with engine.connect() as connection:
        try:
            return accounts.find_district(connection, NAME)
        except InputError:
            return None


def _load(engine: Engine, progress: Progress) -> int:
    # What measures is slow to import, and a second start must not wait for it.
    from gridmap.store.load import load_district
    from gridmap.store.retention import retain
    from gridmap.store.standards import StandardsRows
    from gridmap.studies.cover import cover
    from gridmap.studies.grid_rows import grid_rows
    from gridmap.studies.patrol_results import stored_patrol
    from gridmap.studies.sample import make_sample
    from gridmap.studies.service_results import stored_results

    district = make_sample(progress=progress)
    found = cover(district, at=AS_OF, progress=progress)
    names = (
        "coverage", "gaps", "summary", "service_areas", "views", "blind_spots", "presence",
        "privacy",
    )  # fmt: skip
    computed = (
        {name: getattr(found, name) for name in names}
        | stored_results(found)
        | stored_patrol(found)
    )
    number = load_district(
        engine,
        district,
        **computed,
        grid=grid_rows(district, found.at),
        standards=StandardsRows(found.standards, found.standards_facts),
        at=found.at,
        progress=progress,
    )
    retain(engine)
    return number


def _renew(session: Session, role: str, district: int) -> str:
    """Make the account of a role anew; its password."""
    parts = [Part(district)]
    if role == "worker":
        parts = [Part(district, cell_id=one) for one in _own_cells(session, district)]
    try:
        accounts.find_user(session, role)
    except InputError:
        return str(accounts.add_user(session, role, role, parts)[1])
    accounts.set_parts(session, role, parts)
    return str(accounts.set_password(session, role))


def _own_cells(session: Session, district: int) -> list[str]:
    """Pick cells of one community that have a post of their own."""
    from gridmap.store.reads import read_duties

    duties = read_duties(session.connection(), district)
    own = duties[duties["accountable"].fillna(False) & ~duties["whole_community"].fillna(False)]
    together = own.groupby("community_code")["cell_id"].agg(lambda cells: sorted(set(cells)))
    most: list[str] = max(together.tolist(), key=len, default=[])
    return most[:WORKER_CELLS]
