"""Which post answers for which cells: loads as even as can be, each post's cells together."""

import time
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from gridmap.grid.balance import measure_balance
from gridmap.plan.parts import Parts, split_evenly
from gridmap.plan.solver import PROVED_GAP, relative_gap
from gridmap.progress import Progress, silent
from gridmap.schema import Finding

Ints = npt.NDArray[np.int64]
SHARED_BORDER_M = 0.1
"""Cells touch if they share more border than this [m]; a corner is not enough."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """A suggestion: which post answers for which cell.

    Attributes
    ----------
    cells : DataFrame
        On index ``cell_id``: ``community_code``, ``load``, ``before`` and ``post_id`` (who
        answers now and who would), ``changed``.
    posts : DataFrame
        On index ``post_id``: ``community_code``, ``cells``, ``load``, ``cells_before`` and
        ``load_before``, ``together`` (whether its cells hang together).
    communities : DataFrame
        On index ``community_code``: ``cells``, ``posts``, ``value`` (largest load), ``bound``,
        ``gap``, ``proved``, ``exact`` and ``together``.
    balance : DataFrame
        Evenness of the load over posts, ``before`` and ``after``
        (:func:`gridmap.grid.balance.measure_balance`).
    findings : list of Finding
        Communities without a post, cells that cannot hang together, loads that are not known.
    """

    cells: pd.DataFrame
    posts: pd.DataFrame
    communities: pd.DataFrame
    balance: pd.DataFrame
    findings: list[Finding]

    @property
    def value(self) -> float:
        """Largest load of a post."""
        return float(self.communities["value"].max())

    @property
    def bound(self) -> float:
        """No assignment of these posts in these communities has a smaller largest load."""
        return float(self.communities["bound"].max())

    @property
    def gap(self) -> float:
        """Gap between value and bound, relative to the value [0-1]."""
        return relative_gap(self.value, self.bound)

    @property
    def proved(self) -> bool:
        """Whether no assignment has a smaller largest load."""
        return bool(self.gap <= PROVED_GAP)

    @property
    def changed(self) -> int:
        """Cells that would get another post."""
        return int(self.cells["changed"].sum())


def suggest_posts(
    cells: gpd.GeoDataFrame,
    load: pd.Series,
    posts: pd.Series,
    now: pd.Series,
    *,
    time_limit_s: float = 20.0,
    seed: int = 0,
    progress: Progress = silent,
) -> Assignment:
    """Suggest one accountable post for every cell.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``cell_id`` and ``community_code``.
    load : Series
        What is to be spread evenly, by ``cell_id``; an empty one counts as the mean.
    posts : Series
        Community of each post by ``post_id``; empty where the post may go to any.
    now : Series
        Post that answers for each cell today, by ``cell_id``; empty where none does.
    time_limit_s : float
        Seconds [s] the exact model may take in all; 0 leaves it out.
    seed : int
        Of the heuristic.
    progress : Progress
        Told of each community.

    Returns
    -------
    Assignment
        With bound and gap; nothing is written anywhere.

    Notes
    -----
    In each community its cells are split into as many connected parts as it has posts, the
    largest load as small as can be (:func:`gridmap.plan.parts.split_evenly`). Free posts go, one
    after the other, to the community with the most load per post. A part is given to the post
    that keeps most of its load (the assignment problem), so that little changes. Posts beyond
    the number of cells stay free.

    Examples
    --------
    >>> from gridmap.samples import EAST, WEST, toy_district
    >>> cells = toy_district()["cells"]
    >>> posts = pd.Series({"p1": WEST, "p2": EAST})
    >>> now = pd.Series({"nw": "p1", "sw": "p1"})
    >>> found = suggest_posts(cells, cells.set_index("cell_id").households, posts, now)
    >>> found.cells["post_id"].to_dict(), found.value, found.proved
    ({'nw': 'p1', 'ne': 'p2', 'sw': 'p1', 'se': 'p2'}, 120.0, True)
    """
    table = pd.DataFrame(
        {
            "community_code": cells["community_code"].to_numpy(),
            "load": load.reindex(cells["cell_id"]).to_numpy(dtype=float),
            "before": now.reindex(cells["cell_id"]).astype("str").to_numpy(),
        },
        index=pd.Index(cells["cell_id"].to_numpy(), name="cell_id"),
    )
    findings = _unknown_loads(table)
    table["load"] = table["load"].fillna(table["load"].mean()).fillna(1.0)
    given = _distribute(posts, table)
    pairs = _touching(cells)
    ends = time.monotonic() + time_limit_s
    told: dict[str, dict[str, Any]] = {}
    result = pd.Series(index=table.index, dtype="str")
    together: dict[str, bool] = {}
    groups = [
        (code, np.asarray(rows, dtype=np.int64))
        for code, rows in table.groupby("community_code", sort=True).indices.items()
    ]
    for done, (code, rows) in enumerate(groups):
        progress("assigning", done, len(groups))
        own = [post for post, place in given.items() if place == code]
        if not own:
            findings.append(_no_post(str(code), len(rows)))
            continue
        share_s = max(0.0, ends - time.monotonic()) / max(1, min(8, len(groups) - done))
        parts = split_evenly(
            table["load"].to_numpy()[rows],
            _pairs_among(rows, pairs, len(table)),
            len(own),
            time_limit_s=share_s,
            seed=seed,
        )
        named = _name_parts(parts.part, table.iloc[rows], own)
        result.iloc[rows] = [named[part] for part in parts.part]
        hangs = _hanging(parts.part, pairs, rows)
        together |= {named[part]: part in hangs for part in named}
        told[str(code)] = _describe(parts, rows, own)
        if not parts.connected:
            findings.append(_apart(str(code), [named[p] for p in named if p not in hangs]))
    progress("assigning", len(groups), len(groups))
    return _assignment(table.assign(post_id=result), given, told, together, findings)


def _assignment(
    table: pd.DataFrame,
    given: dict[str, str],
    told: dict[str, dict[str, Any]],
    together: dict[str, bool],
    findings: list[Finding],
) -> Assignment:
    table["changed"] = table["post_id"].notna() & (table["post_id"] != table["before"])
    posts = pd.DataFrame({"community_code": given})
    posts.index.name = "post_id"
    for name, suffix in (("post_id", ""), ("before", "_before")):
        grouped = table.groupby(name)["load"]
        posts[f"cells{suffix}"] = grouped.size().reindex(posts.index, fill_value=0)
        posts[f"load{suffix}"] = grouped.sum().reindex(posts.index, fill_value=0.0)
    posts["together"] = pd.Series(together).reindex(posts.index).fillna(True).astype(bool)
    columns = ["cells", "posts", "value", "bound", "gap", "proved", "exact", "together"]
    communities = pd.DataFrame.from_dict(told, orient="index", columns=columns)
    communities.index.name = "community_code"
    spread = pd.DataFrame(
        {
            "before": posts["load_before"].where(posts["cells_before"] > 0),
            "after": posts["load"].where(posts["cells"] > 0),
        }
    )
    return Assignment(table, posts, communities, measure_balance(spread), findings)


def _touching(cells: gpd.GeoDataFrame) -> Ints:
    """Pairs of cells with a common border that is more than a corner."""
    shapes = cells.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(shapes[one], shapes[other])
    long = (shapely.length(shared) > SHARED_BORDER_M) | (shapely.area(shared) > 0)
    return np.column_stack([one[long], other[long]]).astype(np.int64)


def _distribute(posts: pd.Series, table: pd.DataFrame) -> dict[str, str]:
    """Community of every post: its own, or for a free one where the load per post is largest."""
    size = {str(code): int(n) for code, n in table["community_code"].value_counts().items()}
    total = {
        str(code): float(w) for code, w in table.groupby("community_code")["load"].sum().items()
    }
    settled = posts[posts.isin(list(size))]
    given: dict[str, str] = {}
    count = dict.fromkeys(sorted(size), 0)
    # Whoever answers for a cell there today comes first, should there be more posts than cells.
    busy = set(table["before"].dropna())
    for post, code in sorted(settled.items(), key=lambda one: (one[0] not in busy, str(one[0]))):
        if count[code] < size[code]:
            given[str(post)] = str(code)
            count[code] += 1
    for post in sorted(str(one) for one in posts.index[posts.isna()]):
        open_to = [code for code in count if count[code] < size[code]]
        if not open_to:
            break
        code = max(open_to, key=lambda c: (count[c] == 0, total[c] / max(count[c], 1)))
        given[post] = code
        count[code] += 1
    return given


def _pairs_among(rows: Ints, pairs: Ints, size: int) -> Ints:
    """Pairs of which both cells are among some rows, by their places among these."""
    place = np.full(size, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    inside: Ints = place[pairs]
    return inside[(inside >= 0).all(axis=1)]


def _hanging(part: Ints, pairs: Ints, rows: Ints) -> set[int]:
    """Parts whose cells hang together."""
    number = dict(zip(rows.tolist(), part.tolist(), strict=True))
    near: dict[int, set[int]] = {row: set() for row in number}
    for one, other in pairs.tolist():
        if number.get(one, -1) == number.get(other, -2):
            near[one].add(other)
            near[other].add(one)
    whole = set()
    for name in set(number.values()):
        nodes = {row for row, mine in number.items() if mine == name}
        seen: set[int] = set()
        front = [min(nodes)]
        while front:
            node = front.pop()
            if node not in seen:
                seen.add(node)
                front += near[node] - seen
        if seen == nodes:
            whole.add(name)
    return whole


def _name_parts(part: Ints, table: pd.DataFrame, posts: list[str]) -> dict[int, str]:
    """Give each part the post that keeps most of it."""
    place = {post: n for n, post in enumerate(posts)}
    kept = np.zeros((len(posts), len(posts)))
    # A cell without load is worth keeping, too.
    worth = table["load"].to_numpy() + max(float(table["load"].mean()), 1.0) / 1000
    for number, before, weight in zip(part, table["before"], worth, strict=True):
        if before in place:
            kept[number, place[before]] += weight
    rows, columns = linear_sum_assignment(kept, maximize=True)
    return {int(row): posts[column] for row, column in zip(rows, columns, strict=True)}


def _describe(parts: Parts, rows: Ints, own: list[str]) -> dict[str, Any]:
    return {
        "cells": len(rows),
        "posts": len(own),
        "value": parts.value,
        "bound": parts.bound,
        "gap": parts.gap,
        "proved": parts.gap <= PROVED_GAP,
        "exact": parts.exact,
        "together": parts.connected,
    }


def _unknown_loads(table: pd.DataFrame) -> list[Finding]:
    unknown = table.index[table["load"].isna()]
    if unknown.empty:
        return []
    return [
        Finding(
            "unknown_load",
            "warning",
            "cells",
            tuple(unknown),
            f"the load of {len(unknown)} of {len(table)} cells is not known; each counts as the "
            "mean of the others",
            "Fill it in, or spread another load (--by).",
        )
    ]


def _no_post(code: str, cells: int) -> Finding:
    return Finding(
        "community_without_post",
        "warning",
        "communities",
        (code,),
        f"no post is left for the {cells} cells of this community",
        "Add a post of this role, or let its community post answer.",
    )


def _apart(code: str, posts: list[str]) -> Finding:
    return Finding(
        "cells_apart",
        "note",
        "posts",
        tuple(posts),
        f"the cells of community {code} do not hang together; these posts answer for cells apart",
        "Nothing to do where the ground is cut by water or rails; else look at the borders.",
    )
