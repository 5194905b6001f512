"""Where sites could stand: places of a list, of land use, blocks, streets, cells or sites."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError, name_ids
from gridmap.grid.blocks import absorb_small, dissolve, join_plots, lay_plots
from gridmap.grid.streets import close_ends, take_lines
from gridmap.plan.candidates import keep_apart
from gridmap.schema import Finding
from gridmap.services.network import WalkNetwork

SOURCES = ("blocks", "landuse", "streets", "cells", "sites")
"""What candidates can be made of; a list of one's own is the sixth."""
COLUMNS = ("place_id", "origin", "name", "cost", "capacity", "geometry")
BETWEEN_M = 50.0
"""Crossings nearer than this [m] to one taken before are left out."""
_CROSSING = 3
_NOT_BUILT_ON = frozenset({"water", "basin", "pond", "river", "wetland", "railway", "road", "lane"})


class Places(NamedTuple):
    """Places that sites could stand at.

    Attributes
    ----------
    table : GeoDataFrame
        ``place_id``, ``origin``, ``name``, ``cost``, ``capacity`` (empty where not told), points.
    findings : list of Finding
        What was left out, and why.
    """

    table: gpd.GeoDataFrame
    findings: list[Finding]


def propose_places(
    district: District, source: str, network: WalkNetwork, kinds: Sequence[str] = ()
) -> Places:
    """Make candidates out of what the district holds.

    Parameters
    ----------
    district : District
        The district.
    source : str
        One of :data:`SOURCES`: a point in every street block, in every piece of land use, every
        crossing, a point in every cell, every site that stands (of any type).
    network : WalkNetwork
        The streets, for crossings.
    kinds : sequence of str
        Kinds of land use, or types of sites; default all that can be built on.

    Raises
    ------
    InputError
        If the source is unknown, or gives no place.
    MissingLayerError
        If the layer it needs is not there.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.network import lay_network
    >>> toy = toy_district()
    >>> network = lay_network(toy["roads"])
    >>> {one: len(propose_places(toy, one, network).table) for one in SOURCES}
    {'blocks': 12, 'landuse': 2, 'streets': 4, 'cells': 4, 'sites': 3}
    """
    if source not in SOURCES:
        raise InputError(
            f"Candidates come from one of {', '.join(SOURCES)}, or from a file; not '{source}'."
        )
    made = {
        "blocks": lambda: _blocks(district),
        "landuse": lambda: _landuse(district, kinds),
        "streets": lambda: _crossings(network),
        "cells": lambda: _shaped(district, "cells", "cell_id", "name"),
        "sites": lambda: _sites(district, kinds),
    }[source]()
    table = gpd.GeoDataFrame(
        {"place_id": made["place_id"].astype(str), "origin": source, "name": made["name"]},
        geometry=list(made["geometry"]),
        crs=district.crs,
    )
    table = table[shapely.intersects(district.outline, table.geometry.to_numpy())]
    if table.empty:
        raise InputError(
            f"The district has nothing to make candidates of '{source}' from"
            f"{' of kind ' + name_ids(kinds) if kinds else ''}. Choose another source or give a "
            "file."
        )
    return Places(_complete(table.reset_index(drop=True)), [])


def listed_places(rows: Any, district: District) -> Places:
    """Candidates of a list, those that cannot be left out and said so.

    Parameters
    ----------
    rows : GeoDataFrame
        Points or polygons in the CRS of the district; ``place_id`` (or ``site_id``, ``id``),
        ``name``, ``cost`` and ``capacity`` where they are known.
    district : District
        Where they must lie.

    Raises
    ------
    InputError
        If the list is empty, two rows have one id, a shape is missing, a cost is negative or a
        capacity not above 0, or every row lies outside the district.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> toy = toy_district()
    >>> rows = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[at(9, 9), at(900, 9)], crs=toy.crs)
    >>> told = listed_places(rows, toy)
    >>> told.table["place_id"].tolist(), [one.rule for one in told.findings]
    (['a'], ['candidate_outside'])
    """
    if not len(rows):
        raise InputError("The list of candidates is empty. Expected one point for each place.")
    table = _named(rows.copy().reset_index(drop=True))
    _refuse_faults(table)
    shapes = np.array(table.geometry, dtype=object)
    flat = shapely.get_dimensions(shapes) > 0
    shapes[flat] = shapely.point_on_surface(shapes[flat])
    table = table.set_geometry(gpd.GeoSeries(list(shapes), crs=district.crs))
    outside = ~shapely.intersects(district.outline, shapes)
    if outside.all():
        x_m, y_m = shapely.get_coordinates(shapes[:1])[0]
        raise InputError(
            f"None of the {len(table)} candidates lies in the district; the first is at "
            f"{x_m:.0f}, {y_m:.0f} in the CRS of the district ({district.crs.to_string()}). Check "
            "the CRS that the file declares, or the datum of its coordinates."
        )
    findings = []
    if outside.any():
        findings.append(
            left_out(
                "candidate_outside",
                table["place_id"][outside],
                "the candidate lies outside the district and is left out",
                "Correct its position if it should be used.",
            )
        )
    return Places(_complete(table[~outside].reset_index(drop=True)), findings)


def left_out(rule: str, ids: Iterable[object], found: str, remedy: str) -> Finding:
    """Tell of candidates that are not used.

    Examples
    --------
    >>> left_out("candidate_outside", ["a"], "it lies outside", "Move it.").ids
    ('a',)
    """
    return Finding(rule, "warning", "candidates", tuple(map(str, ids)), found, remedy)


def _named(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = ("place_id", "candidate_id", "site_id", "id")
    told = next((one for one in names if one in table), None)
    numbers = pd.Series([f"row {n + 1}" for n in range(len(table))])
    ids = numbers if told is None else table[told].astype(object)
    table["place_id"] = ids.where(ids.notna() & (ids.astype(str) != ""), numbers).astype(str)
    table["origin"] = "file"
    return table


def _refuse_faults(table: gpd.GeoDataFrame) -> None:
    """Collect what is wrong with a list, and say all of it."""
    ids, faults = table["place_id"], []
    shapes = np.asarray(table.geometry, dtype=object)
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if absent.any():
        faults.append(f"no place at {name_ids(ids[absent])}; give each candidate a point")
    double = ids.duplicated(keep=False)
    if double.any():
        faults.append(f"the same id twice: {name_ids(ids[double].unique())}; name each once")
    for column, least in (("cost", "0 or more"), ("capacity", "above 0 people")):
        if column not in table:
            continue
        given = table[column]
        value = pd.to_numeric(given, errors="coerce")
        wrong = (given.notna() & value.isna()) | (value < 0) | np.isinf(value)
        wrong |= (value == 0) & (column == "capacity")
        if wrong.any():
            faults.append(f"{column} is a number {least}; not so at {name_ids(ids[wrong])}")
        table[column] = value
    if faults:
        raise InputError("The list of candidates cannot be used: " + "; ".join(faults) + ".")


def _complete(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    result = table.copy()
    for column in ("cost", "capacity"):
        given = result.get(column, np.nan)
        result[column] = pd.Series(given, index=result.index, dtype="float64")
    if "name" not in result:
        result["name"] = None
    result["name"] = result["name"].astype("str")
    return result[list(COLUMNS)]


def _inner(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.point_on_surface(shapes), dtype=object)


def _shaped(district: District, layer: str, key: str, name: str) -> pd.DataFrame:
    district.needs(layer)
    rows = district[layer]
    shapes = np.asarray(rows.geometry, dtype=object)
    return pd.DataFrame(
        {
            "place_id": rows[key].to_numpy(dtype=object),
            "name": rows[name].to_numpy(dtype=object),
            "geometry": _inner(shapes),
        }
    )


def _landuse(district: District, kinds: Sequence[str]) -> pd.DataFrame:
    district.needs("landuse")
    rows = district["landuse"]
    kind = rows["kind"].astype("str")
    wanted = kind.isin(kinds) if kinds else ~kind.isin(_NOT_BUILT_ON)
    wanted &= shapely.get_dimensions(np.asarray(rows.geometry, dtype=object)) == 2
    number = np.flatnonzero(wanted)
    return pd.DataFrame(
        {
            "place_id": [f"landuse-{n + 1}" for n in number],
            "name": kind.to_numpy(dtype=object)[number],
            "geometry": _inner(np.asarray(rows.geometry, dtype=object)[number]),
        }
    )


def _sites(district: District, kinds: Sequence[str]) -> pd.DataFrame:
    table = _shaped(district, "sites", "site_id", "name")
    return table[district["sites"]["type"].isin(kinds).to_numpy()] if kinds else table


def _crossings(network: WalkNetwork) -> pd.DataFrame:
    degree = np.bincount(network.ends.ravel(), minlength=len(network.xy))
    places = network.xy[degree >= _CROSSING]
    places = places[np.lexsort((places[:, 0], -places[:, 1]))]
    places = places[keep_apart(places, BETWEEN_M)]
    return pd.DataFrame(
        {
            "place_id": [f"crossing-{n + 1}" for n in range(len(places))],
            "name": None,
            "geometry": shapely.points(places),
        }
    )


def _blocks(district: District) -> pd.DataFrame:
    """Street blocks as the division lays them: slivers absorbed, paths not looked at."""
    if "roads" not in district:
        raise MissingLayerError("Blocks need the layer 'roads'; the district has none.")
    communities = district.communities.sort_values("code", ignore_index=True)
    lines = close_ends(take_lines(district["roads"], district["landuse"]), communities)
    plots = lay_plots(communities, lines)
    free = np.zeros(len(plots.ground), dtype=bool)
    label = np.unique(absorb_small(plots, join_plots(plots), free, free), return_inverse=True)[1]
    shapes = dissolve(plots.ground.geometry.to_numpy(), label)
    return pd.DataFrame(
        {
            "place_id": [f"block-{n + 1}" for n in range(len(shapes))],
            "name": None,
            "geometry": _inner(shapes),
        }
    )
