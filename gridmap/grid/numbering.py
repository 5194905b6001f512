"""Names of new cells: the next codes of a rule, given codes, codes counted anew."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.grid.code_rules import CodeRule, code_rules
from gridmap.grid.codes import COMMUNITY_DIGITS, is_official, number_cells, rows_of
from gridmap.grid.editions import GridEdit, check_known, make_edition


@dataclass(frozen=True)
class Numbering:
    """How new cells are named.

    Attributes
    ----------
    rule : CodeRule, optional
        Rule of their codes; default the one the cells in force follow.
    used : frozenset of str
        Identifiers and codes of the past; they are never given again unless asked.
    reuse : bool
        Whether those of the past may be given again.
    """

    rule: CodeRule | None = None
    used: frozenset[str] = frozenset()
    reuse: bool = False


def recode_cells(
    cells: gpd.GeoDataFrame,
    on: dt.date,
    *,
    codes: Mapping[str, str] | None = None,
    communities: Iterable[str] | None = None,
    numbering: Numbering | None = None,
    grid_version: str | None = None,
) -> GridEdit:
    """Give cells other codes: those that are given, or counted anew from west to east.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    on : date
        First day of the new codes.
    codes : mapping of str to str, optional
        New codes by ``cell_id``. A cell whose identifier was its code gets the new one as
        identifier, too; any other keeps it.
    communities : iterable of str, optional
        Without ``codes``: communities whose cells are counted anew; default all.
    numbering, grid_version : optional
        As for :func:`merge_cells`.

    Raises
    ------
    InputError
        If a code does not follow the rule, is given twice, or was used before.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> edit = recode_cells(cells, dt.date(2026, 7, 1), codes={"nw": "110101001001017"})
    >>> edit.cells.code.tolist()[0], edit.lineage.kind.tolist().count("recode")
    ('110101001001017', 1)
    """
    numbering = with_rule(cells, numbering)
    if codes is not None:
        fresh = _given_codes(cells, codes, numbering)
    else:
        wanted = set(cells["community_code"]) if communities is None else set(communities)
        check_known(wanted, cells["community_code"], "community")
        mine = cells["community_code"].isin(wanted)
        counted = cells[mine].iloc[
            np.lexsort(
                (number_cells(cells[mine], rows_of(cells[mine])), cells["community_code"][mine])
            )
        ]
        fresh = pd.concat([cells[~mine], renumber(counted, cells[~mine], numbering)])
        fresh = fresh.loc[cells.index]
    return make_edition(cells, fresh, on, grid_version=grid_version)


def rule_of(cells: pd.DataFrame) -> CodeRule:
    """Rule that the codes of cells follow, by their length; that of 15 digits without codes.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> rule_of(toy_district()["cells"]).name
    'cell-15'
    """
    lengths = cells["code"].dropna().str.len()
    common = code_rules()["cell-15"]
    if lengths.empty:
        return common
    length = int(lengths.mode().iloc[0])
    for rule in code_rules().values():
        if rule.length == length:
            return rule
    digits = max(length - COMMUNITY_DIGITS, common.digits["serial"])
    return replace(common, digits={**common.digits, "serial": digits}, last=10**digits - 1)


def name_cells(
    fresh: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    numbering: Numbering | None,
    *,
    merged: bool = False,
) -> gpd.GeoDataFrame:
    """Give new cells of one community their identifiers and codes."""
    numbering = with_rule(cells, numbering)
    community = str(fresh["community_code"].iloc[0])
    names = _next_names(community, len(fresh), cells, numbering, merged=merged)
    return fresh.assign(**names)


def with_rule(cells: pd.DataFrame, numbering: Numbering | None) -> Numbering:
    """Numbering whose rule is known: the one given, else that of the cells."""
    numbering = numbering or Numbering()
    return numbering if numbering.rule else replace(numbering, rule=rule_of(cells))


def renumber(
    counted: gpd.GeoDataFrame, others: pd.DataFrame, numbering: Numbering, *, force: bool = False
) -> gpd.GeoDataFrame:
    """Cells in their order, counted anew inside each community."""
    told = []
    for community, rows in counted.groupby("community_code", sort=False):
        present = others if numbering.reuse else pd.concat([others, counted])
        names = _next_names(str(community), len(rows), present, numbering)
        keep = rows["cell_id"].ne(rows["code"]).to_numpy() & rows["code"].notna().to_numpy()
        given = pd.Series(names["cell_id"], index=rows.index)
        told.append(
            rows.assign(
                cell_id=given.where(~keep | force, rows["cell_id"]),
                code=pd.Series(names["code"], index=rows.index, dtype="str"),
            )
        )
    return pd.concat(told) if told else counted


def _next_names(
    community: str, count: int, cells: pd.DataFrame, numbering: Numbering, *, merged: bool = False
) -> dict[str, Any]:
    rule = numbering.rule or rule_of(cells)
    now = set(cells["cell_id"]) | set(cells["code"].dropna())
    taken = now if numbering.reuse else now | numbering.used
    others = set(cells["community_code"]) - {community}
    filled = community.ljust(COMMUNITY_DIGITS, "0")
    unclear = any(one.ljust(COMMUNITY_DIGITS, "0") == filled for one in others)
    official = is_official(community) and not unclear
    prefix = filled if official else f"{community}-"
    serials = rule.free_serials(community, count, _serials_of(taken, prefix, rule), merged=merged)
    if official:
        codes = [rule.encode(community, one) for one in serials]
        return {"cell_id": codes, "code": codes}
    width = rule.digits["serial"]
    return {"cell_id": [f"{prefix}{str(one).zfill(width)}" for one in serials], "code": None}


def _serials_of(names: Iterable[str], prefix: str, rule: CodeRule) -> list[int]:
    """Find the serials given in a community; a code of another length follows another rule."""
    pattern = re.compile(re.escape(prefix) + r"(\d+)")
    found = [match.group(1) for one in names if (match := pattern.fullmatch(str(one)))]
    width = rule.digits["serial"]
    tail = rule.length - COMMUNITY_DIGITS if is_official(prefix) else width
    return [int(one[:width]) for one in found if len(one) == tail]


def _given_codes(
    cells: gpd.GeoDataFrame, codes: Mapping[str, str], numbering: Numbering
) -> gpd.GeoDataFrame:
    check_known(codes, cells["cell_id"], "cell")
    for code in codes.values():
        (numbering.rule or rule_of(cells)).decode(code)
    others = cells[~cells["cell_id"].isin(codes)]
    given = pd.Series(list(codes.values()))
    twice = given[given.duplicated()]
    if len(twice):
        raise InputError(f"Each cell has its own code; given twice: {name_ids(twice.unique())}.")
    taken = set(others["code"].dropna()) | set(others["cell_id"])
    taken |= set() if numbering.reuse else set(numbering.used) | set(cells["code"].dropna())
    if used := [one for one in given if one in taken]:
        raise InputError(
            f"The codes {name_ids(used)} are in use, or were before; a code is never given twice. "
            "Choose others, or allow codes of the past with --reuse-codes (those in use stay "
            "taken)."
        )
    mine = cells["cell_id"].isin(codes)
    new = cells["cell_id"].map(codes)
    named_by_code = mine & (cells["cell_id"] == cells["code"])
    return cells.assign(
        code=cells["code"].mask(mine, new), cell_id=cells["cell_id"].mask(named_by_code, new)
    )
