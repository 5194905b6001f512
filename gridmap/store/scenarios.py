"""Scenarios as they are kept: changes of sites and norms, in order, and whose they are.

A scenario belongs to one planner; shared, it is read by colleagues in scope. Every write names
the revision it saw; one that moved on meanwhile stays as it is. What is removed can be taken back.
All functions run on a connection in the scope of a planner of the whole district.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from gridmap.errors import InputError, MissingLayerError, StaleDraftError
from gridmap.store import tables as t
from gridmap.store.reads import read_frame

LONGEST_TITLE = 80
"""Characters of a title."""
MOST_SCENARIOS = 200
"""Scenarios that one planner keeps in one district."""


@dataclass(frozen=True)
class StoredScenario:
    """A scenario as it is kept.

    Attributes
    ----------
    id, district_id, user_id : int
        Its number, its district, and the account it belongs to.
    title : str
        What it is called.
    shared : bool
        Whether colleagues read it.
    state : str
        ``kept`` or ``removed``.
    operations, undone : list of dict
        Its changes, in order; what was taken back and may be done again.
    revision : int
        Grows with every write.
    base : str
        Which data it was made for, see :func:`name_base`.
    headline : dict
        Its figures when it was written last.
    """

    id: int
    district_id: int
    user_id: int
    title: str
    shared: bool
    state: str
    operations: list[dict[str, Any]]
    undone: list[dict[str, Any]]
    revision: int
    base: str
    headline: dict[str, Any]


def name_base(connection: Connection, district_id: int) -> str:
    """Name the data of a district: another name after every load and every new grid.

    Raises
    ------
    MissingLayerError
        If there is no such district in scope.
    """
    d = t.districts.c
    row = connection.execute(
        select(d.loaded_at, d.grid_edition).where(d.id == district_id)
    ).one_or_none()
    if row is None:
        raise MissingLayerError(
            f"There is no district {district_id} any more, or it is not among yours. Open the "
            "start page."
        )
    return f"{row[0].isoformat()} grid {row[1]}"


def list_scenarios(connection: Connection, district_id: int, state: str = "kept") -> pd.DataFrame:
    """Scenarios of a district that the reader sees, those changed last on top."""
    s = t.scenarios.c
    count = func.jsonb_array_length(s.operations).label("changes")
    columns = [s.id, s.user_id, s.title, s.shared, s.base, s.headline, s.revision, s.changed_at]
    query = select(*columns, count).where(s.district_id == district_id, s.state == state)
    return read_frame(connection, query.order_by(s.changed_at.desc(), s.id.desc()))


def read_scenario(connection: Connection, district_id: int, scenario_id: int) -> StoredScenario:
    """One scenario.

    Raises
    ------
    MissingLayerError
        If there is no such scenario in scope.
    """
    names = [t.scenarios.c[name] for name in StoredScenario.__dataclass_fields__]
    s = t.scenarios.c
    row = connection.execute(
        select(*names).where(s.district_id == district_id, s.id == scenario_id)
    ).one_or_none()
    if row is None:
        raise MissingLayerError(
            f"There is no scenario {scenario_id} in this district that you may see. Open the list "
            "of scenarios."
        )
    return StoredScenario(*row)


def begin_scenario(  # noqa: PLR0917  one argument for each thing that is kept
    connection: Connection,
    district_id: int,
    user_id: int,
    title: str,
    base: str,
    operations: list[dict[str, Any]] | None = None,
    headline: dict[str, Any] | None = None,
) -> int:
    """Begin a scenario; returns its number.

    Raises
    ------
    InputError
        If the title is empty or too long, or the planner keeps too many already.
    """
    s = t.scenarios.c
    mine = (s.district_id == district_id, s.user_id == user_id, s.state == "kept")
    kept = connection.scalar(select(func.count()).where(*mine))
    if kept is not None and kept >= MOST_SCENARIOS:
        raise InputError(
            f"You keep {kept} scenarios here; {MOST_SCENARIOS} is the most. Remove one first."
        )
    row = insert(t.scenarios).values(
        district_id=district_id, user_id=user_id, title=clean_title(title), base=base,
        operations=operations or [], headline=headline or {},
    )  # fmt: skip
    return int(connection.execute(row.returning(s.id)).scalar_one())


def write_scenario(connection: Connection, scenario: StoredScenario, **changed: Any) -> int:
    """Write what changed of a scenario; returns its new revision.

    Parameters
    ----------
    connection : Connection
    scenario : StoredScenario
        As it was read; its revision must still be the one in the database.
    **changed
        Any of ``title``, ``shared``, ``state``, ``operations``, ``undone``, ``base``,
        ``headline``.

    Raises
    ------
    StaleDraftError
        If the scenario was written meanwhile, or belongs to a colleague. Nothing is changed.
    """
    s = t.scenarios.c
    if "title" in changed:
        changed["title"] = clean_title(changed["title"])
    written = connection.execute(
        update(t.scenarios)
        .where(s.id == scenario.id, s.revision == scenario.revision)
        .values(revision=scenario.revision + 1, changed_at=func.now(), **changed)
    )
    if written.rowcount != 1:
        raise StaleDraftError(
            f"Scenario '{scenario.title}' was changed in another window since revision "
            f"{scenario.revision}, or it belongs to a colleague. Nothing was changed; reload it to "
            "go on from there, or duplicate it."
        )
    return scenario.revision + 1


def clean_title(title: str) -> str:
    """Title without superfluous space.

    Raises
    ------
    InputError
        If it is empty or too long.

    Examples
    --------
    >>> clean_title("  North   side ")
    'North side'
    """
    title = " ".join(title.split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise InputError(
            f"A scenario needs a title of 1 to {LONGEST_TITLE} characters; found {len(title)}."
        )
    return title
