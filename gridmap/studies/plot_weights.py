"""What the plots of a division weigh: households from the finest source, and other loads."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.crs import project
from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError, name_ids
from gridmap.grid.blocks import Plots
from gridmap.grid.place import place_points
from gridmap.grid.streets import STREET
from gridmap.reference import is_home
from gridmap.studies.people import count_people

Floats = npt.NDArray[np.float64]

WEIGHTS = ("households", "population", "sites", "events", "street_m")
"""What cells can be balanced by."""
HOUSEHOLD_SIZE = 2.62
"""People in a household, where only people are known (China, census of 2020)."""
HOME_M2 = 90.0
"""Floor area of a home [m²], where only buildings are known (assumption)."""
CELL_M2 = 250_000.0
"""Area of a cell [m²], where nothing is known of who lives there (a square of 500 m)."""


class PlotWeights(NamedTuple):
    """What each plot weighs.

    Attributes
    ----------
    balanced : ndarray
        What the cells are balanced by, in households of the district (or their stand-in).
    people : DataFrame
        ``population`` and ``households`` of each plot; empty where not known.
    source : str
        Where the households come from, for the reader.
    """

    balanced: Floats
    people: pd.DataFrame
    source: str


def weigh_plots(
    district: District,
    plots: Plots,
    names: Sequence[str],
    target: float,
    *,
    household_size: float = HOUSEHOLD_SIZE,
    events: gpd.GeoDataFrame | None = None,
) -> PlotWeights:
    """Weigh the plots of a division.

    Parameters
    ----------
    district : District
        Reads ``population``, ``buildings``, ``sites``.
    plots : Plots
        Of :func:`gridmap.grid.blocks.lay_plots`.
    names : sequence of str
        Some of :data:`WEIGHTS`; several are combined.
    target : float
        Households wanted in a cell.
    household_size : float
        People in a household, where a row has no households.
    events : GeoDataFrame, optional
        Points to balance by, for the weight ``events``.

    Returns
    -------
    PlotWeights

    Raises
    ------
    InputError
        If a weight is unknown, has no source, or a count is negative.

    Notes
    -----
    Households are those of the population layer, placed as the services place people; where a row
    has none, people ÷ ``household_size``; without the layer, floor area of homes ÷ 90 m²; without
    homes, area, 250,000 m² standing for one cell. Any other weight is scaled so that its sum is
    that of the households, so the target keeps its meaning; of several, the mean is taken
    (MEASURES.md 1 and 3).
    """
    unknown = [name for name in names if name not in WEIGHTS]
    if unknown or not names:
        raise InputError(
            f"Cells can be balanced by {', '.join(WEIGHTS)}; found {', '.join(unknown) or 'none'}."
        )
    people, stand_in, source = _households(district, plots, target, household_size)
    total = stand_in.sum()
    loads: dict[str, Callable[[], Floats]] = {
        "households": lambda: stand_in,
        "population": lambda: _known(people["population"], stand_in),
        "sites": lambda: _count(plots, _open_sites(district), "sites"),
        "events": lambda: _count(plots, _on_map(events, district), "events"),
        "street_m": lambda: _street_m(plots),
    }
    scaled = [_scaled(loads[name](), total, name) for name in dict.fromkeys(names)]
    return PlotWeights(np.mean(scaled, axis=0), people, source)


def _households(
    district: District, plots: Plots, target: float, size: float
) -> tuple[pd.DataFrame, Floats, str]:
    if not (np.isfinite(size) and size > 0):
        raise InputError(f"The size of a household must be a positive number, found {size}.")
    if "population" in district:
        return _counted(district, plots, size)
    nothing = pd.DataFrame(np.nan, plots.ground.index, ["population", "households"])
    homes = district["buildings"]
    homes = homes[is_home(homes["use"])]
    floor = homes.area * homes["levels"].fillna(1.0).clip(lower=1.0)
    if floor.sum() > 0:
        held = _sum_at(plots, homes.geometry.representative_point(), floor.to_numpy(float))
        told = f"floor area of homes ÷ {HOME_M2:g} m², because nobody is counted here"
        return nothing, held / HOME_M2, told
    told = f"area, {CELL_M2:,.0f} m² for a cell, because neither people nor homes are known"
    return nothing, plots.ground.area.to_numpy() * (target / CELL_M2), told


def _counted(district: District, plots: Plots, size: float) -> tuple[pd.DataFrame, Floats, str]:
    rows = district["population"]
    for name in ("population", "households"):
        wrong = rows.index[(rows[name] < 0) | np.isinf(rows[name])]
        if len(wrong):
            raise InputError(
                f"Layer 'population' expects {name} from 0 up; found "
                f"{name_ids(rows[name][wrong])} in row {name_ids(wrong)}. Correct these rows."
            )
    bare = rows["households"].isna()
    held = rows["households"].fillna(rows["population"] / size).fillna(0.0)
    # Households of a row without people would have nobody to go with.
    there = rows["population"].fillna(0.0)
    there = there.where((there > 0) | (held <= 0), held * size)
    cells = plots.ground.assign(
        cell_id=[f"{n:08}" for n in range(len(plots.ground))], kind="basic"
    )[["cell_id", "community_code", "kind", "geometry"]]
    layers = {
        "boundary": district["boundary"],
        "cells": cells,
        "buildings": district["buildings"],
        "population": rows.assign(households=held, population=there),
    }
    people = count_people(District.of(layers, district.timezone)).set_axis(plots.ground.index)
    told = "layer population"
    if bare.all():
        told = f"people of the layer population ÷ {size:g}, because it has no households"
    elif bare.any():
        told += f"; in {int(bare.sum())} of {len(rows)} rows people ÷ {size:g}"
    return people, people["households"].fillna(0.0).to_numpy(float), told


def _known(population: pd.Series, stand_in: Floats) -> Floats:
    if population.isna().all():
        return stand_in
    return population.fillna(0.0).to_numpy(float)


def _open_sites(district: District) -> gpd.GeoDataFrame:
    sites = district["sites"]
    there = ~sites["proposed"].astype("boolean").fillna(False).to_numpy(bool)
    return sites[there & sites["closed_on"].isna().to_numpy()]


def _on_map(events: Any, district: District) -> gpd.GeoDataFrame | None:
    if events is None:
        return None
    if not isinstance(events, gpd.GeoDataFrame):
        raise InputError(
            "Events need places: a GeoPackage, GeoJSON, zipped Shapefile or GeoParquet of points; "
            f"found a table with the columns {name_ids(events.columns)}."
        )
    return project(events[~events.geometry.isna()], district.crs, "events")


def _count(plots: Plots, places: gpd.GeoDataFrame | None, name: str) -> Floats:
    if places is None or places.empty:
        raise MissingLayerError(
            f"Cells cannot be balanced by {name}: the district has none. Add them, or leave "
            f"--weight {name} out."
        )
    return _sum_at(plots, places.geometry.representative_point(), np.ones(len(places)))


def _sum_at(plots: Plots, points: gpd.GeoSeries, weights: Floats) -> Floats:
    place = np.asarray(place_points(points, plots.ground), dtype=np.int64)
    inside = place >= 0
    return np.bincount(place[inside], weights[inside], len(plots.ground)).astype(np.float64)


def _street_m(plots: Plots) -> Floats:
    """Half the street along each border: both sides together have it all."""
    streets = plots.borders[plots.borders["rank"] >= STREET]
    ends = np.concatenate([streets["one"], streets["other"]])
    half_m = np.tile(streets["length_m"] / 2, 2)
    return np.bincount(ends, half_m, len(plots.ground)).astype(np.float64)


def _scaled(load: Floats, total: float, name: str) -> Floats:
    if not load.sum() > 0:
        if name == "households":
            return load
        raise InputError(f"Cells cannot be balanced by {name}: there is none in any block.")
    return load * (total / load.sum()) if total > 0 else load
