"""Study: a synthetic city at real scale, every layer made up and labelled so."""

from typing import Any

import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.progress import Progress, silent
from gridmap.studies.sample import BASE_DAY
from gridmap.synthesis.city.city import lay_ground
from gridmap.synthesis.city.facilities import furnish_premises, open_sites
from gridmap.synthesis.city.operations import MOST_UNITS, make_posts, mount_cameras, walk_rounds
from gridmap.synthesis.city.plan import FEWEST_CELLS, MOST_CELLS
from gridmap.synthesis.staff import ask_patrols

TIMEZONE = "Asia/Shanghai"
CELLS_PER_UNIT = 11
_NOTE = (
    "made up from a seed: no such district, street, site, post or camera exists; the county code "
    "990101 is given to no county, and the place on the map is only where the drawing lies"
)
_STAGES = 6


def make_city(
    cells: int, seed: int = 0, units: int | None = None, progress: Progress = silent
) -> District:
    """Synthetic city of exactly so many cells, with every layer filled.

    Parameters
    ----------
    cells : int
        Cells, 24 to 100,000. Area, people, streets and communities are in proportion to 3,311
        cells on 1,452 km² with two million people in 28 streets and towns and 131 communities.
    seed : int
        The same seed makes the same city.
    units : int, optional
        Patrol units on duty on the one day of fixes; default one for 11 cells, at most 300.
    progress : callable
        Told which layers are made.

    Returns
    -------
    District
        All layers are named synthetic in the layer ``provenance``.

    Raises
    ------
    InputError
        If cells, seed or units are out of range.

    Examples
    --------
    >>> city = make_city(24)
    >>> len(city["cells"]), len(city["posts"]) >= 240, set(city.synthetic_layers) == set(
    ...     city.layers) - {"provenance"}
    (24, True, True)
    """
    if not FEWEST_CELLS <= cells <= MOST_CELLS or seed < 0:
        raise InputError(
            f"A synthetic city has {FEWEST_CELLS} to {MOST_CELLS:,} cells and a seed of 0 or more; "
            f"found {cells} cells, seed {seed}."
        )
    patrols = min(MOST_UNITS, max(6, cells // CELLS_PER_UNIT)) if units is None else units
    if not 1 <= patrols <= cells:
        raise InputError(
            f"A synthetic city has 1 to as many patrol units as cells; found {patrols} units for "
            f"{cells} cells."
        )
    progress("city", 0, _STAGES)
    ground = lay_ground(cells, seed)
    streams = np.random.default_rng([seed, 1]).spawn(6)
    layers: dict[str, Any] = dict(ground.layers)
    layers["cells"]["valid_from"] = pd.Timestamp(BASE_DAY.year, 1, 1)
    progress("city", 1, _STAGES)
    layers["sites"] = open_sites(ground, streams[0])
    layers["premises"] = furnish_premises(ground, streams[1])
    progress("city", 2, _STAGES)
    layers["posts"], layers["duties"] = make_posts(ground, BASE_DAY, streams[2])
    layers["requirements"] = ask_patrols(layers["cells"], streams[3])
    progress("city", 3, _STAGES)
    layers["cameras"] = mount_cameras(ground, streams[4])
    progress("city", 4, _STAGES)
    midnight = pd.Timestamp(BASE_DAY, tz=TIMEZONE)
    layers["shifts"], layers["fixes"] = walk_rounds(ground, patrols, midnight, streams[5])
    progress("city", 5, _STAGES)
    layers["provenance"] = _provenance(list(layers), seed)
    city = District.of(layers, TIMEZONE)
    progress("city", _STAGES, _STAGES)
    return city


def _provenance(names: list[str], seed: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": names,
            "source": f"made up by gridmap sample make --cells, seed {seed}",
            "licence": "none needed: not data about the world",
            "dated": BASE_DAY.isoformat(),
            "synthetic": True,
            "note": _NOTE,
        }
    )
