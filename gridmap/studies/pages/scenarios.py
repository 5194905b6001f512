"""Scenarios on their pages: begin, change on the map, look at what follows, compare, share."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.errors import InputError, StaleDraftError
from gridmap.plan.scenario_compare import compare_outcomes
from gridmap.plan.whatif import Base
from gridmap.store import scenarios as store
from gridmap.store.scope import Scope
from gridmap.studies.pages import scenario_ground as ground
from gridmap.studies.pages.listing import plain_rows, quiet_text
from gridmap.studies.scenarios import write_scenario_file

MOST_CHANGES = 200
"""Changes that one scenario holds."""
MOST_COMPARED = 4
"""Scenarios side by side."""


def scenarios_page(connection: Connection, district_id: int, user_id: int | None) -> dict[str, Any]:
    """List the scenarios of a district that a planner sees.

    Returns
    -------
    dict
        ``rows`` (with ``own``, ``stale``, ``headline``) and ``removed`` (own ones, to take back).
    """
    base = store.name_base(connection, district_id)
    rows = plain_rows(store.list_scenarios(connection, district_id))
    for row in rows:
        row["own"] = row["user_id"] == user_id
        row["stale"] = row["base"] != base
    removed = plain_rows(store.list_scenarios(connection, district_id, "removed"))
    return {"rows": rows, "removed": removed, "most_compared": MOST_COMPARED}


def begin_scenario(
    connection: Connection, scope: Scope, district_id: int, title: str, copied: int = 0
) -> int:
    """Begin a scenario, empty or as the copy of one that is seen; returns its number."""
    if scope.user_id is None:
        raise InputError("Scenarios belong to an account; sign in with one first.")
    base = store.name_base(connection, district_id)
    if not copied:
        return store.begin_scenario(connection, district_id, scope.user_id, title, base)
    told = store.read_scenario(connection, district_id, copied)
    return store.begin_scenario(
        connection, district_id, scope.user_id, title or told.title, told.base, told.operations,
        told.headline,
    )  # fmt: skip


def scenario_page(
    connection: Connection, scope: Scope, district_id: int, scenario_id: int, kind: str = ""
) -> dict[str, Any]:
    """Page of one scenario.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of the reader.
    district_id, scenario_id : int
    kind : str, optional
        Facility type to look at; default the one the last change is about, else the first that
        has a site.

    Returns
    -------
    dict
        ``scenario``, ``own``, ``stale``; where it stands on the present data also ``types``,
        ``type``, ``told`` (as :func:`edit_scenario` answers), ``shares`` (of the
        cells as they are), ``sites``, ``all_sites`` (with those added), ``people`` and ``day``;
        where it does not, ``fits`` and ``dropped`` (number of changes).
    """
    kept = store.read_scenario(connection, district_id, scenario_id)
    page = {"scenario": kept, "own": kept.user_id == scope.user_id, "stale": False}
    base = ground.open_district_base(connection, scope, district_id)
    if kept.base != store.name_base(connection, district_id):
        done, dropped = ground.fitting(base, kept.operations)
        told = [{"change": one, "reason": reason} for one, reason in dropped]
        return page | {"stale": True, "fits": len(done), "dropped": told}
    outcome = ground.ask(base, kept.operations)
    types = ground.tell_types(outcome)
    chosen = _chosen(types, kept, base, kind)
    return page | {
        "types": types,
        "type": chosen,
        "told": _answer(kept, base, chosen, kept.operations) if chosen else None,
        "sites": ground.tell_sites(ground.ask(base, []), chosen) if chosen else [],
        "all_sites": ground.tell_sites(outcome, chosen) if chosen else [],
        "shares": ground.tell_shares(base, chosen) if chosen else {},
        "day": base.register.on,
        "people": base.reach.demand.population,
    }


def try_change(
    connection: Connection,
    scope: Scope,
    district_id: int,
    scenario_id: int,
    told: Any,
    *,
    kind: str = "",
) -> dict[str, Any]:
    """Answer what one more change would do; nothing is stored.

    Raises
    ------
    InputError
        If it cannot be done.
    """
    kept = _present(connection, district_id, scenario_id)
    base = ground.open_district_base(connection, scope, district_id)
    return _answer(kept, base, kind, [*kept.operations, ground.read_change(told)])


def edit_scenario(
    connection: Connection,
    scope: Scope,
    district_id: int,
    scenario_id: int,
    told: Any,
    *,
    revision: int,
    kind: str = "",
) -> dict[str, Any]:
    """Do one more change, undo the last or redo it, and keep that.

    Parameters
    ----------
    connection : Connection
    scope : Scope
    district_id, scenario_id : int
    told : mapping or str
        A change with places in longitude and latitude [°], or ``undo`` or ``redo``.
    revision : int
        Revision of the scenario the editor saw.
    kind : str
        Facility type to answer about.

    Returns
    -------
    dict
        ``revision``, ``undo`` and ``redo`` (how many), ``changes``, ``marks`` (sites touched),
        ``values`` (share served of the cells that differ from the base), ``legs``, and the
        difference: ``types``, ``cells``, ``loads``.

    Raises
    ------
    StaleDraftError
        If the scenario moved on, belongs to a colleague, or stands on older data.
    InputError
        If it cannot be done. Nothing is changed.
    """
    kept = _present(connection, district_id, scenario_id)
    if kept.user_id != scope.user_id:
        raise StaleDraftError(
            f"Scenario '{kept.title}' belongs to a colleague. Duplicate it to change it; nothing "
            "was changed."
        )
    if kept.revision != revision or kept.state != "kept":
        raise StaleDraftError(
            f"Scenario '{kept.title}' is at revision {kept.revision}; this change was made on "
            f"revision {revision}. Nothing was changed; reload the scenario to go on."
        )
    base = ground.open_district_base(connection, scope, district_id)
    kept = _stepped(base, kept, told)
    answer = _answer(kept, base, kind, kept.operations)
    new = store.write_scenario(
        connection, kept, operations=kept.operations, undone=kept.undone,
        headline={"types": answer["types"]},
    )  # fmt: skip
    return answer | {"revision": new}


def change_scenario(
    connection: Connection, district_id: int, scenario_id: int, **changed: Any
) -> str:
    """Rename, share, remove or take back a scenario; returns its title."""
    kept = store.read_scenario(connection, district_id, scenario_id)
    store.write_scenario(connection, kept, **changed)
    return str(changed.get("title", kept.title))


def rebase_scenario(
    connection: Connection, scope: Scope, district_id: int, scenario_id: int
) -> dict[str, int]:
    """Put a scenario on the present data.

    Returns
    -------
    dict
        ``kept`` and ``dropped``: changes that can be done there, and those that cannot.
    """
    kept = store.read_scenario(connection, district_id, scenario_id)
    base = ground.open_district_base(connection, scope, district_id)
    done, dropped = ground.fitting(base, kept.operations)
    told = compare_outcomes(ground.ask(base, []), ground.ask(base, done))
    store.write_scenario(
        connection, kept, operations=done, undone=[], headline={"types": plain_rows(told.types)},
        base=store.name_base(connection, district_id),
    )  # fmt: skip
    return {"kept": len(done), "dropped": len(dropped)}


def compare_page(
    connection: Connection, scope: Scope, district_id: int, numbers: Sequence[int]
) -> dict[str, Any]:
    """Lay scenarios side by side: what each does to every type that any of them touches.

    Returns
    -------
    dict
        ``scenarios`` (those on the present data), ``left_out`` (titles of those that are not),
        ``rows``: ``type``, ``people``, and for the base and each scenario ``served``, ``norm_m``,
        ``sites``, ``cells_better``, ``cells_worse``, ``gaps_closed``, ``gaps_opened``.

    Raises
    ------
    InputError
        If there are too few or too many.
    """
    wanted = list(dict.fromkeys(numbers))
    if not 1 <= len(wanted) <= MOST_COMPARED:
        raise InputError(
            f"Expected 1 to {MOST_COMPARED} scenarios to compare with the district as it is; found "
            f"{len(wanted)}. Tick some in the list."
        )
    kept = [store.read_scenario(connection, district_id, one) for one in wanted]
    named = store.name_base(connection, district_id)
    base = ground.open_district_base(connection, scope, district_id)
    here = [one for one in kept if one.base == named]
    nothing = ground.ask(base, [])
    outcomes = [ground.ask(base, one.operations) for one in here]
    kinds = sorted({kind for one in outcomes for kind in one.touched})
    columns = [nothing, *outcomes]
    tables = [compare_outcomes(nothing, one).types for one in columns]
    rows = []
    for kind in kinds:
        row: dict[str, Any] = {"type": kind, "columns": []}
        for outcome, table in zip(columns, tables, strict=True):
            mine = table[table["type"] == kind] if len(table) else table
            one = plain_rows(mine)[0] if len(mine) else {}
            served = float(base.people[outcome.served(kind)].sum())
            row["columns"].append(
                {"served": served, "norm_m": outcome.norm_m[kind],
                 "sites": len(outcome.ground(kind).stands.rank),
                 **{name: one.get(name, 0) for name in _COUNTED}}
            )  # fmt: skip
        row["people"] = float(base.people.sum())
        rows.append(row)
    left_out = [one.title for one in kept if one.base != named]
    return {"scenarios": here, "left_out": left_out, "rows": rows}


_COUNTED = ("cells_better", "cells_worse", "gaps_closed", "gaps_opened", "gained", "lost")


def export_scenario(
    connection: Connection, scope: Scope, district_id: int, scenario_id: int, kind: str
) -> tuple[str, bytes]:
    """File of a scenario: cells before and after as CSV, or with sites as a GeoPackage.

    Parameters
    ----------
    connection : Connection
    scope : Scope
    district_id, scenario_id : int
    kind : {"csv", "gpkg"}

    Returns
    -------
    tuple of str and bytes
        Title, content.
    """
    kept = _present(connection, district_id, scenario_id)
    base = ground.open_district_base(connection, scope, district_id)
    outcome = ground.ask(base, kept.operations)
    found = compare_outcomes(ground.ask(base, []), outcome)
    if kind == "gpkg":
        return kept.title, write_scenario_file(outcome, found)
    cells = found.cells if len(found.cells) else pd.DataFrame(columns=["type", "cell_id", "change"])
    file = io.StringIO()
    cells.map(quiet_text).to_csv(file, index=False)
    return kept.title, file.getvalue().encode()


def _present(connection: Connection, district_id: int, scenario_id: int) -> store.StoredScenario:
    kept = store.read_scenario(connection, district_id, scenario_id)
    if kept.base != store.name_base(connection, district_id):
        raise StaleDraftError(
            f"Scenario '{kept.title}' was made for data that has been loaded anew since. Open it "
            "and take over the present data first; nothing was changed."
        )
    return kept


def _stepped(base: Base, kept: store.StoredScenario, told: Any) -> store.StoredScenario:
    """Scenario one step on or back."""
    if told == "undo" and kept.operations:
        return replace(
            kept, operations=kept.operations[:-1], undone=[*kept.undone, kept.operations[-1]]
        )
    if told == "redo" and kept.undone:
        return replace(
            kept, operations=[*kept.operations, kept.undone[-1]], undone=kept.undone[:-1]
        )
    if told in ("undo", "redo"):
        raise InputError(f"There is nothing to {told} in this scenario.")
    if len(kept.operations) >= MOST_CHANGES:
        raise InputError(
            f"A scenario holds {MOST_CHANGES} changes at most. Duplicate it and undo some; this "
            "one was not done."
        )
    operations = [*kept.operations, ground.read_change(told)]
    ground.ask(base, operations)
    return replace(kept, operations=operations, undone=[])


def _chosen(
    types: Sequence[dict[str, Any]], kept: store.StoredScenario, base: Base, kind: str
) -> str:
    known = [one["type"] for one in types]
    last = kept.operations[-1] if kept.operations else {}
    about = last.get("type") or ""
    place = base.register.place(last.get("site_id", ""))
    wished = [kind, about, place.type if place else ""]
    standing = [one["type"] for one in types if one["sites"]]
    return next((one for one in [*wished, *standing, *known] if one and one in known), "")


def _answer(
    kept: store.StoredScenario, base: Base, kind: str, operations: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    outcome = ground.ask(base, operations)
    chosen = kind if kind in outcome.norm_m else next(iter(outcome.norm_m), "")
    if not chosen:
        raise InputError("This district has no norm of distance for any facility type.")
    found = compare_outcomes(ground.ask(base, []), outcome)
    told = ground.tell_difference(found, ground.names_of_cells(base), chosen)
    served = float(base.people[outcome.served(chosen)].sum())
    before = float(base.people[ground.ask(base, []).served(chosen)].sum())
    return {
        "revision": kept.revision,
        "undo": len(kept.operations),
        "redo": len(kept.undone),
        "changes": [dict(one) for one in operations],
        "names": ground.names_of_sites(outcome),
        "type": chosen,
        "norm_m": outcome.norm_m[chosen],
        "served_before": before,
        "served_after": served,
        "people": float(base.people.sum()),
        "marks": ground.tell_sites(outcome, chosen, touched=True),
        "values": ground.tell_values(outcome, chosen),
        "legs": ground.tell_legs(outcome),
        "types": told["types"],
        "cells": told["cells"],
        "cells_in_all": told["cells_in_all"],
        "loads": told["sites"],
        "loads_in_all": told["sites_in_all"],
    }
