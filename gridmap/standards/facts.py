"""What is known of each cell, community, street and of the district: the facts rules ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.reference import is_home

LEVELS = ("cell", "community", "street", "district")
"""Levels of units, the smallest first."""
MAP_MAY_NOT_KNOW = "no site of this type in the data; the map may not know them"
ESTIMATED = "the population itself is an estimate"
_COUNTED = ("sites.", "posts.")
"""Facts that count what is there: none of a kind is 0, not unknown."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts of all units, level by level.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        By level: one row for each unit on its id, one column for each fact, NaN where unknown.
    names : mapping of str to Series
        By level: names of the units on their ids.
    parents : DataFrame
        On ``cell_id``: ``cell``, ``community``, ``street`` and ``district`` the cell lies in.
    people : Series
        People of each cell; NaN where unknown.
    doubts : mapping of str to tuple of str
        Quality and reason of facts that are less than good.
    """

    tables: Mapping[str, pd.DataFrame]
    names: Mapping[str, pd.Series]
    parents: pd.DataFrame
    people: pd.Series
    doubts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of_table(cls, level: str, table: pd.DataFrame) -> "Facts":
        """Facts of units of one level that have no ground, such as a survey's table.

        Examples
        --------
        >>> Facts.of_table("community", pd.DataFrame({"rooms": [6]}, index=["a"])).knows("rooms")
        True
        """
        table = table.set_axis(table.index.astype("str")).astype("float64")
        empty = pd.DataFrame(columns=list(LEVELS), dtype="str")
        names = pd.Series(table.index, index=table.index)
        return cls({level: table}, {level: names}, empty, pd.Series(dtype="float64"))

    def knows(self, fact: str) -> bool:
        """Whether a fact is one of those there are, at any level."""
        return any(fact in table for table in self.tables.values())

    def available(self) -> list[str]:
        """Names of all facts, in order."""
        return sorted({str(one) for table in self.tables.values() for one in table})

    def with_facts(self, more: Mapping[str, pd.DataFrame]) -> "Facts":
        """Facts with further columns, level by level; an unknown unit is left out."""
        tables = {
            level: table.join(more[level].reindex(table.index)) if level in more else table
            for level, table in self.tables.items()
        }
        return replace(self, tables=tables)

    def add_up(self, of_cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Add up figures of cells for the units of every level; unknown if one is unknown."""
        return {
            level: _add_up(of_cells, self.parents[level].reindex(of_cells.index))
            for level in LEVELS
        }


def gather_facts(district: District, on: date) -> Facts:
    """Facts of all units of a district on a day.

    Parameters
    ----------
    district : District
        Reads communities, cells, sites, posts, duties, premises and buildings.
    on : date
        Local day: sites open and duties in force on it count, proposed sites never.

    Returns
    -------
    Facts
        ``cells``, ``communities``, ``streets``, ``households``, ``population``, ``area_m2``;
        ``sites.TYPE`` and ``floor_m2.TYPE`` for each facility type; ``posts`` and ``posts.ROLE``
        (different posts with a duty there); ``residential_floor_m2`` (ground area times storeys of
        homes); and every column of numbers of ``premises``.

    Notes
    -----
    A sum is unknown where one of its parts is: NaN, never 0. A count is 0 where the layer is
    there and nothing of the kind is in it, and unknown without the layer.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> facts = gather_facts(toy_district(), date(2026, 3, 2))
    >>> facts.tables["community"][["cells", "population", "sites.pharmacy"]].values.tolist()
    [[2.0, 300.0, 1.0], [2.0, 200.0, 0.0]]
    >>> facts.tables["district"]["sites.health_station"].tolist()
    [1.0]
    """
    units = _Units(district)
    tables = [
        units.counts(),
        units.of_cells(district["cells"]),
        units.of_sites(_in_force(district["sites"], "opened_on", "closed_on", on)),
        units.of_posts(district, on),
        units.of_homes(district["buildings"]),
        units.of_premises(district["premises"]),
    ]
    joined = {
        level: pd.concat([part[level] for part in tables if level in part], axis=1)
        for level in LEVELS
    }
    cells = district["cells"].set_index("cell_id")
    return Facts(
        tables=joined,
        names=units.names,
        parents=units.parents,
        people=cells["population"].astype("float64"),
        doubts=_doubts(district),
    )


class _Units:
    """The units of every level, and how places and figures are added up to them."""

    def __init__(self, district: District) -> None:
        self.communities = district.communities
        self.cells = district["cells"]
        streets = self.communities.set_index("code")["street_code"]
        # A cell may name a community that is not drawn; it is a unit all the same.
        own = self.cells["community_code"].to_numpy(dtype=object)
        key = str(district["boundary"]["code"].fillna(district.name).iloc[0])
        self.parents = pd.DataFrame(
            {
                "cell": self.cells["cell_id"].to_numpy(dtype=object),
                "community": own,
                "street": streets.reindex(own).to_numpy(dtype=object),
                "district": key,
            },
            index=pd.Index(self.cells["cell_id"].to_numpy(dtype=object), name="cell_id"),
        )
        self.street_of = streets
        self.district = key
        self.names = self._names(district)

    def _names(self, district: District) -> dict[str, pd.Series]:
        cells, communities = self.cells, self.communities
        drawn = communities.set_index("code")["name"]
        extra = [one for one in self.parents["community"].unique() if one not in drawn.index]
        streets = communities.dropna(subset="street_code").drop_duplicates("street_code")
        named = streets["street_name"].fillna(streets["street_code"])
        cell_names = cells["name"].fillna(cells["cell_id"])
        return {
            "cell": cell_names.set_axis(cells["cell_id"].to_numpy(dtype=object)).astype("str"),
            "community": pd.concat([drawn, pd.Series(extra, index=extra)]).astype("str"),
            "street": named.set_axis(streets["street_code"].to_numpy(dtype=object)).astype("str"),
            "district": pd.Series([district.name], index=[self.district], dtype="str"),
        }

    def lift(self, of_communities: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Figures of communities, and their sums for streets and the district."""
        every = of_communities.reindex(self.names["community"].index)
        street = self.street_of.reindex(every.index)
        whole = pd.Series(self.district, index=every.index)
        return {
            "community": every,
            "street": _add_up(every, street).reindex(self.names["street"].index),
            "district": _add_up(every, whole),
        }

    def counts(self) -> dict[str, pd.DataFrame]:
        own = pd.DataFrame({"communities": 1.0}, index=self.names["community"].index)
        lifted = self.lift(own)
        lifted["street"] = lifted["street"].assign(streets=1.0)
        return lifted | {
            "cell": pd.DataFrame(index=self.parents.index),
            "district": lifted["district"].assign(streets=float(len(self.names["street"]))),
        }

    def of_cells(self, cells: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
        table = pd.DataFrame(
            {
                "cells": 1.0,
                "households": cells["households"].to_numpy(dtype=float),
                "population": cells["population"].to_numpy(dtype=float),
                "area_m2": shapely.area(cells.geometry.to_numpy()),
            },
            index=self.parents.index,
        )
        of_communities = _add_up(table, self.parents["community"])
        return {"cell": table} | self.lift(of_communities)

    def of_sites(self, sites: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
        existing = sites[~sites["proposed"].fillna(False)]
        if existing.empty:
            return {}
        kinds = existing["type"].to_numpy(dtype=object)
        floor = existing["floor_area_m2"].to_numpy(dtype=float)
        points = existing.geometry.representative_point().to_numpy()
        one = pd.get_dummies(pd.Series(kinds), dtype=float)
        area = one.mul(floor, axis=0).where(one > 0, 0.0)
        table = pd.concat([one.add_prefix("sites."), area.add_prefix("floor_m2.")], axis=1)
        return self._of_places(points, table)

    def of_homes(self, buildings: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
        homes = buildings[is_home(buildings["use"])] if len(buildings) else buildings
        if homes.empty:
            return {}
        floor = shapely.area(homes.geometry.to_numpy()) * homes["levels"].to_numpy(dtype=float)
        table = pd.DataFrame({"residential_floor_m2": floor})
        return self._of_places(homes.geometry.representative_point().to_numpy(), table)

    def _of_places(self, points: Any, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Add up figures of places, each counted in the one unit it stands in."""
        in_cell = _stands_in(points, self.cells.geometry.to_numpy())
        in_community = _stands_in(points, self.communities.geometry.to_numpy())
        cell_ids = np.array([*self.parents.index, None], dtype=object)
        codes = np.array([*self.communities["code"], None], dtype=object)
        cells = _add_up(table, pd.Series(cell_ids[in_cell]))
        communities = _add_up(table, pd.Series(codes[in_community]))
        every = self.names["community"].index
        return {"cell": cells.reindex(self.parents.index, fill_value=0.0)} | self.lift(
            communities.reindex(every, fill_value=0.0)
        )

    def of_posts(self, district: District, on: date) -> dict[str, pd.DataFrame]:
        posts, duties = district["posts"], district["duties"]
        if posts.empty:
            return {}
        now = _in_force(duties, "valid_from", "valid_to", on)[["post_id", "cell_id"]]
        place = now["cell_id"].to_numpy(dtype=object)
        parents = self.parents.reindex(place)
        whole = np.isin(place, self.names["community"].index.to_numpy(dtype=object))
        community = np.where(whole, place, parents["community"].to_numpy(dtype=object))
        street = self.street_of.reindex(community).to_numpy(dtype=object)
        named = np.isin(place, self.names["street"].index.to_numpy(dtype=object))
        held = now.assign(
            cell=parents["cell"].to_numpy(dtype=object),
            community=community,
            street=np.where(named, place, street),
            district=self.district,
            role=posts.set_index("post_id")["role"].reindex(now["post_id"]).to_numpy(dtype=object),
        )
        roles = sorted(posts["role"].unique())
        return {level: self._posts_at(held, level, roles) for level in LEVELS}

    def _posts_at(self, held: pd.DataFrame, level: str, roles: list[str]) -> pd.DataFrame:
        units = self.parents.index if level == "cell" else self.names[level].index
        distinct = held.dropna(subset=level).drop_duplicates([level, "post_id"])
        count = distinct.groupby([level, "role"]).size().unstack(fill_value=0)  # noqa: PD010
        table = count.reindex(index=units, columns=roles, fill_value=0).astype("float64")
        return table.add_prefix("posts.").assign(posts=table.sum(axis=1))

    def of_premises(self, premises: pd.DataFrame) -> dict[str, pd.DataFrame]:
        if premises.empty:
            return {}
        numbers = premises.drop(columns="community_code").apply(pd.to_numeric, errors="coerce")
        numbers = numbers.loc[:, numbers.notna().any()].astype("float64")
        # Of several rows of a community each states a part; an empty one adds nothing it knows.
        codes = premises["community_code"].to_numpy(dtype=object)
        return self.lift(numbers.groupby(codes).sum(min_count=1))


def _add_up(table: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Add up by unit; NaN where one part is NaN."""
    by = unit.to_numpy(dtype=object)
    sums = table.groupby(by).sum(min_count=1)
    gaps = table.isna().groupby(by).any()
    return sums.mask(gaps)


def _stands_in(points: Any, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Find the shape each point stands in, the first of several; -1 for none."""
    found = np.full(len(points), len(shapes), dtype=np.intp)
    point, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
    np.minimum.at(found, point, shape)
    return np.where(found == len(shapes), -1, found)


def _in_force(table: Any, first: str, last: str, on: date) -> Any:
    day = pd.Timestamp(on)
    begun = table[first].isna() | (table[first] <= day)
    return table[begun & ~(table[last] <= day).fillna(False)]


def _doubts(district: District) -> dict[str, tuple[str, str]]:
    method = district["population"]["method"].dropna().astype("str").str.lower()
    guessed = method.str.contains("estimat|估|synthetic|合成").any()
    doubts: dict[str, tuple[str, str]] = {}
    if guessed:
        doubts |= dict.fromkeys(("population", "walk.people"), ("estimated", ESTIMATED))
    return doubts


def counted_fact(fact: str, facts: Facts) -> bool:
    """Whether a fact that no unit has is a count of 0: the layer is there, the kind is not.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> facts = gather_facts(toy_district(), date(2026, 3, 2))
    >>> counted_fact("sites.library", facts), counted_fact("rooms", facts)
    (True, False)
    """
    kind = next((one for one in _COUNTED if fact.startswith(one)), None)
    return kind is not None and any(name.startswith(kind) for name in facts.available())


NO_FACTS = Facts.of_table("community", pd.DataFrame())
"""Facts of a district of which nothing is known."""
