"""Standards in the database: results, facts, and rules of one's own with what they give.

Results of the shipped rules come with the load. A rule of one's own is judged at once from the
facts that came with it, and again after every load.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gridmap.errors import InputError, ScopeError
from gridmap.standards import Facts, Rule, evaluate_rules, read_facts, rules_of_rows
from gridmap.standards.evaluate import COLUMNS as RESULT_COLUMNS
from gridmap.standards.measures import spread_to_cells
from gridmap.store import tables as t
from gridmap.store.reads import read_frame

_FEW = 200
"""Rules of one's own that a district may have."""
_MANY = 1_000
"""Rows written at once."""


@dataclass(frozen=True, eq=False)
class StandardsRows:
    """What ``cover`` found: results of every rule and unit, and the facts of the units."""

    results: pd.DataFrame
    facts: pd.DataFrame


def write_standards(connection: Connection, district_id: int, rows: StandardsRows | None) -> None:
    """Replace the results and facts of a district, and judge its own rules anew.

    Runs as the owner, after the coverage is in place.
    """
    for table in (t.standards_results, t.standards_facts):
        connection.execute(delete(table).where(table.c.district_id == district_id))
    if rows is None:
        return
    _insert(connection, t.standards_results, rows.results, district_id)
    read = {name: rows.facts[name].map(json.loads) for name in ("facts", "doubts")}
    _insert(connection, t.standards_facts, rows.facts.assign(**read), district_id)
    judge_own_rules(connection, district_id, read_own_rules(connection, district_id))


def read_results(connection: Connection, district_id: int) -> pd.DataFrame:
    """Results in scope, in the columns of :data:`gridmap.standards.evaluate.COLUMNS`."""
    r = t.standards_results.c
    query = select(*(r[name] for name in RESULT_COLUMNS)).where(r.district_id == district_id)
    return read_frame(connection, query.order_by(r.gid))


def read_own_rules(connection: Connection, district_id: int) -> tuple[Rule, ...]:
    """Rules of the district's own, by id."""
    r = t.standards_rules.c
    query = select(t.standards_rules).where(r.district_id == district_id).order_by(r.rule_id)
    rows = [
        {name: str(value) for name, value in row.items() if name not in _NOT_WRITTEN}
        | {"id": str(row["rule_id"])}
        for row in connection.execute(query).mappings()
    ]
    return rules_of_rows(rows)


def save_own_rules(connection: Connection, district_id: int, rules: Sequence[Rule]) -> None:
    """Add rules of one's own or change those of the same id, and judge them.

    Raises
    ------
    InputError
        If there would be too many.
    ScopeError
        If the scope may not write rules of this district.
    """
    known = {rule.id for rule in read_own_rules(connection, district_id)}
    if len(known | {rule.id for rule in rules}) > _FEW:
        raise InputError(f"A district keeps up to {_FEW} rules of its own; these would be more.")
    for rule in rules:
        row = {name: value for name, value in rule.row.items() if name != "id"}
        row |= {"confidence": rule.confidence, "active": "yes" if rule.active else "no"}
        statement = upsert(t.standards_rules).values(
            district_id=district_id, rule_id=rule.id, **row
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["district_id", "rule_id"],
                set_={**row, "changed_at": func.now()},
            )
        )
    judge_own_rules(connection, district_id, rules)


def drop_own_rule(
    connection: Connection, district_id: int, rule_id: str, instead: Rule | None = None
) -> None:
    """Remove a rule of one's own with its results; a shipped one of the same id comes back.

    Raises
    ------
    InputError
        If the district has no such rule.
    """
    if rule_id not in {rule.id for rule in read_own_rules(connection, district_id)}:
        raise InputError(f"This district has no rule '{rule_id}' of its own.")
    _forget(connection, district_id, rule_id)
    if instead is not None and instead.active:
        _judge(connection, district_id, [instead])
    r = t.standards_rules.c
    dropped = connection.execute(
        delete(t.standards_rules).where(r.district_id == district_id, r.rule_id == rule_id)
    )
    if not dropped.rowcount:
        raise ScopeError(f"The rule '{rule_id}' is not yours to remove.")


def judge_own_rules(connection: Connection, district_id: int, rules: Sequence[Rule]) -> None:
    """Judge rules of one's own from the stored facts, in place of what they gave before."""
    for rule in rules:
        _forget(connection, district_id, rule.id)
    _judge(connection, district_id, [rule for rule in rules if rule.active])


def read_stored_facts(connection: Connection, district_id: int) -> Facts:
    """Facts of all units in scope, as the last load left them."""
    f, c, d = t.standards_facts.c, t.cells.c, t.districts.c
    rows = read_frame(
        connection,
        select(f.level, f.unit_id, f.unit_name, f.facts, f.doubts)
        .where(f.district_id == district_id)
        .order_by(f.gid),
    )  # fmt: skip
    street = (
        select(t.communities.c.street_code)
        .where(
            t.communities.c.district_id == c.district_id, t.communities.c.code == c.community_code
        )
        .limit(1)
        .scalar_subquery()
    )
    cells = read_frame(
        connection,
        select(c.cell_id, c.community_code, street.label("street"), c.population)
        .where(c.district_id == district_id)
        .order_by(c.gid),
    )  # fmt: skip
    key = connection.scalar(select(func.coalesce(d.code, d.name)).where(d.id == district_id))
    cell_id = cells["cell_id"].to_numpy(dtype=object)
    parents = pd.DataFrame(
        {
            "cell": cell_id,
            "community": cells["community_code"].to_numpy(dtype=object),
            "street": cells["street"].to_numpy(dtype=object),
            "district": key,
        },
        index=pd.Index(cell_id, name="cell_id"),
    )
    people = cells["population"].astype("float64").set_axis(cell_id)
    return read_facts(rows, parents, people)


_NOT_WRITTEN = ("district_id", "rule_id", "changed_at")


def _judge(connection: Connection, district_id: int, rules: Sequence[Rule]) -> None:
    if not rules:
        return
    facts = read_stored_facts(connection, district_id)
    results = evaluate_rules(rules, facts)
    if results.empty:
        return
    rows, _ = spread_to_cells(rules, results, facts)
    c = t.cells.c
    cells = read_frame(
        connection,
        select(c.cell_id, c.community_code, c.grid_version).where(c.district_id == district_id),
    ).set_index("cell_id")
    belongs = cells.reindex(rows["cell_id"]).reset_index(drop=True)
    coverage = rows.reset_index(drop=True).assign(
        dimension="standards",
        window=rows["window"].fillna("").to_numpy(),
        community_code=belongs["community_code"],
        grid_version=belongs["grid_version"],
    )
    _insert(connection, t.standards_results, results, district_id)
    _insert(connection, t.coverage, coverage, district_id)


def _forget(connection: Connection, district_id: int, rule_id: str) -> None:
    r, v = t.standards_results.c, t.coverage.c
    connection.execute(
        delete(t.standards_results).where(r.district_id == district_id, r.rule == rule_id)
    )
    connection.execute(
        delete(t.coverage).where(
            v.district_id == district_id,
            v.dimension == "standards",
            func.split_part(v.measure, ".", 1) == rule_id,
        )
    )


def _insert(connection: Connection, table: Any, frame: pd.DataFrame, district_id: int) -> None:
    written = [c.name for c in table.c if c.name in frame.columns]
    plain = frame[written].astype(object)
    plain = plain.where(plain.notna(), None).assign(district_id=district_id)
    rows: Any = plain.to_dict("records")
    for first in range(0, len(rows), _MANY):
        connection.execute(insert(table), rows[first : first + _MANY])
