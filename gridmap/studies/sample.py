"""Study: the sample district, real streets of Helsinki with made-up operations, all labelled."""

from datetime import date
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.divide import lay_squares
from gridmap.grid.join import sum_into_cells
from gridmap.io.districts import read_district
from gridmap.progress import Progress, silent
from gridmap.synthesis.ground import house_people, lay_communities
from gridmap.synthesis.patrols import name_units, walk_shifts
from gridmap.synthesis.places import add_sites, aim_cameras
from gridmap.synthesis.staff import ask_patrols, make_posts

BASE_DAY = date(2026, 3, 2)
"""Monday on which the made-up shifts begin."""
DAYS = 2
PEOPLE = 4_300
"""People of the sample: a round, made-up total of the order an inner city of 1.7 km² holds."""
COMMUNITIES = 8
DEFAULT_CELLS = 80
FEWEST_CELLS, MOST_CELLS = COMMUNITIES, 20_000
_MADE_UP = "made up by gridmap sample, seed {seed}"
_NOTES = {
    "communities": "made up: ground around centres of buildings; no real division",
    "cells": "squares laid over the made-up communities; people counted from made-up population",
    "population": "made up: {people} people spread by residential floor area",
    "posts": "made up: posts and organisations, no persons",
    "duties": "made up, with vacancies, absences and double duties",
    "requirements": "made up",
    "shifts": "made up",
    "fixes": "made up: walks along the real streets with errors and lost signals",
    "sites": "mixed: real sites of the map; those whose column 'synthetic' is true, named "
    "'(synthetic)', are made up, and so are all capacities and floor areas of these",
    "cameras": "mixed: the 221 positions (and kind or height of a few) are real; direction, "
    "optics, zone, status, operator, purpose, sign, dates and retention are made up",
}


def make_sample(cells: int | None = None, seed: int = 0, progress: Progress = silent) -> District:
    """Sample district: real layers of central Helsinki, operations made up and labelled so.

    Parameters
    ----------
    cells : int, optional
        About how many cells; default 80.
    seed : int
        The same seed gives the same district.
    progress : callable
        Told which layers are made.

    Returns
    -------
    District
        With every layer that a study of staffing, services, patrol or cameras needs.

    Raises
    ------
    InputError
        If the number of cells or the seed is out of range.

    Notes
    -----
    Real, from OpenStreetMap (ODbL): boundary, roads, buildings, landuse, sites of the map, camera
    positions. The layer ``provenance`` marks everything else ``synthetic``.
    """
    wanted = DEFAULT_CELLS if cells is None else cells
    if not FEWEST_CELLS <= wanted <= MOST_CELLS or seed < 0:
        raise InputError(
            f"The sample takes {FEWEST_CELLS} to {MOST_CELLS:,} cells and a seed of 0 or more; "
            f"found {wanted} cells, seed {seed}."
        )
    real = read_real()
    streams = np.random.default_rng(seed).spawn(6)
    progress("sample", 0, 3)
    made = _ground(real, wanted, streams)
    progress("sample", 1, 3)
    made |= _operations(real, made, streams)
    progress("sample", 2, 3)
    told = _provenance(real, made, seed)
    district = District.of({**real.layers, **made, "provenance": told}, real.timezone)
    progress("sample", 3, 3)
    return district


def read_real() -> District:
    """Read the district that ships with gridmap, with what the map holds and nothing else."""
    with as_file(files("geodata").joinpath("helsinki.gpkg")) as path:
        return read_district(path)


def _ground(real: District, wanted: int, streams: list[np.random.Generator]) -> dict[str, Any]:
    buildings, outline = real["buildings"], real.outline
    code = str(real["boundary"]["code"].iloc[0])
    communities = lay_communities(outline, buildings, COMMUNITIES, code, streams[0])
    homes = house_people(buildings, outline, PEOPLE, streams[1])
    cells = lay_about(communities, wanted)
    counts = sum_into_cells(homes, cells, ["population", "households"])
    cells[counts.columns] = counts.to_numpy()
    cells["valid_from"] = pd.Timestamp(BASE_DAY.year, 1, 1)
    return {"communities": communities, "population": homes, "cells": cells}


def lay_about(communities: Any, wanted: int) -> Any:
    """Square cells of the size that comes closest to a wanted number of them.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> len(lay_about(toy_district().communities, 16))
    16
    """
    area_m2 = float(communities.geometry.area.sum())
    # Borders cut squares, so there are more than area ÷ side²: try larger squares first.
    sides_m = np.sqrt(area_m2 / wanted) * np.array([1.0, 1.05, 1.1, 1.15, 1.2, 1.3])
    laid = [lay_squares(communities, float(np.round(side, 1))) for side in sides_m]
    return min(laid, key=lambda cells: abs(len(cells) - wanted))


def _operations(
    real: District, made: dict[str, Any], streams: list[np.random.Generator]
) -> dict[str, Any]:
    cells, communities = made["cells"], made["communities"]
    posts, duties = make_posts(cells, communities, BASE_DAY, streams[2])
    midnight = pd.Timestamp(BASE_DAY, tz=real.timezone)
    days = [midnight + pd.DateOffset(days=n) for n in range(DAYS)]
    beats = list(communities.geometry)
    shifts, fixes = walk_shifts(real["roads"], beats, name_units(), days, streams[3])
    return {
        "posts": posts,
        "duties": duties,
        "requirements": ask_patrols(cells, streams[2]),
        "shifts": shifts,
        "fixes": fixes,
        "sites": add_sites(real["sites"], made["population"], streams[4]),
        "cameras": aim_cameras(real["cameras"], real["roads"], streams[5]),
    }


def _provenance(real: District, made: dict[str, Any], seed: int) -> pd.DataFrame:
    told = real["provenance"].set_index("layer")
    maker = _MADE_UP.format(seed=seed)
    rows = []
    for layer in made:
        mixed = layer in told.index
        rows.append(
            {
                "layer": layer,
                "source": f"{told.loc[layer, 'source']}; {maker}" if mixed else maker,
                "licence": told["licence"].iloc[0],
                "dated": told.loc[layer, "dated"] if mixed else BASE_DAY.isoformat(),
                "synthetic": True,
                "note": _NOTES[layer].format(people=PEOPLE),
            }
        )
    kept = told[~told.index.isin(list(made))].reset_index()
    return pd.concat([kept, pd.DataFrame(rows)], ignore_index=True)
