"""Places where no camera may be: which of them it stands in, names, or looks at."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.privacy import Reason
from gridmap.cameras.walls import SNAP_M
from gridmap.district import District
from gridmap.reference import read_reference

Shapes = npt.NDArray[np.object_]
STANDS_M = 0.5
"""An indoor camera up to this far [m] from a footprint is inside; maps are not exact."""
LOOKED_AT_M = 0.05
"""A view ends at a façade that it shows; within this [m] it is looked at."""
LEAST_SEEN_M = 0.5
"""A shorter piece [m] of outline is a corner that the view happens to touch."""
SPREAD_M = 2.0
"""A place that is mapped as a point is taken to be this wide around it [m]."""
INDOOR = "indoor"


@cache
def prohibited_places() -> pd.DataFrame:
    """List the places where cameras are prohibited, and how maps and lists name them.

    Returns
    -------
    DataFrame
        On place: building_uses, site_types, words (apart by ``|``), labels in three languages,
        source, confidence.

    Examples
    --------
    >>> prohibited_places().index.tolist()[:3]
    ['guest_room', 'dormitory', 'bath']
    """
    return read_reference("prohibited_places.csv").set_index("place")


def prohibited_reasons(
    district: District, cameras: pd.DataFrame, places: Shapes, views: Shapes
) -> list[list[Reason]]:
    """Tell which prohibited places each camera stands in, names as its purpose, or looks at.

    Parameters
    ----------
    district : District
        With buildings and sites, where it has them.
    cameras : DataFrame
        Layer ``cameras``.
    places, views : ndarray of Geometry, shape (n,)
        Where they stand as mapped, and what they may see; an empty polygon where it is not known.

    Returns
    -------
    list of list of dict
        Reasons with ``place``: ``prohibited_purpose`` (its purpose names such a place),
        ``prohibited_inside`` (it stands indoors in such a place), ``prohibited_unknown`` (it
        stands in or on such a building; where exactly is not known), ``prohibited_view``.

    Notes
    -----
    A camera in the building of a hotel may be in the lobby, so that only an indoor camera of a
    building that is such a place as a whole (a toilet, a bath, a dormitory) is inside for certain.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> cameras = toy["cameras"].assign(purpose=["更衣室", "traffic"])
    >>> told = prohibited_reasons(toy, cameras, cameras.geometry.to_numpy(),
    ...                           np.full(2, shapely.Polygon()))
    >>> [[one["code"] for one in reasons] for reasons in told]
    [['prohibited_purpose'], []]
    """
    grounds = _grounds(district)
    place = grounds["place"].to_numpy(dtype=object)
    whole = grounds["whole"].to_numpy(dtype=bool)
    tree = shapely.STRtree(grounds["geometry"].to_numpy(dtype=object))
    indoor = (cameras["zone"] == INDOOR).to_numpy(dtype=bool)
    told: list[list[Reason]] = [
        [{"code": "prohibited_purpose", "place": name} for name in _named(text)]
        for text in cameras["purpose"]
    ]
    stands = _standing_in(places, indoor, tree)
    for row, ground in stands:
        code = "prohibited_inside" if indoor[row] and whole[ground] else "prohibited_unknown"
        told[row].append({"code": code, "place": place[ground]})
    for row, ground in _looked_at(views, tree):
        if (row, ground) not in stands:
            told[row].append({"code": "prohibited_view", "place": place[ground]})
    return [_once(reasons) for reasons in told]


def _standing_in(places: Shapes, indoor: Any, tree: shapely.STRtree) -> list[tuple[int, int]]:
    """Cameras in a ground: indoor ones on or near it, others deeper than a map is inexact."""
    row, ground = tree.query(places, predicate="dwithin", distance=STANDS_M)
    shapes = tree.geometries[ground]
    deep = shapely.distance(places[row], shapely.boundary(shapes)) > SNAP_M
    deep &= shapely.contains(shapes, places[row])
    kept = indoor[row] | deep
    return _pairs(row[kept], ground[kept])


def _grounds(district: District) -> pd.DataFrame:
    """Ground of prohibited places: place, geometry, and whether all of it is such a place."""
    told = []
    for place, rule in prohibited_places().iterrows():
        for layer, column, names in (
            ("buildings", "use", rule["building_uses"]),
            ("sites", "type", rule["site_types"]),
        ):
            known = [one for one in names.split("|") if one]
            if layer not in district or not known:
                continue
            frame = district[layer]
            kept = frame.geometry[frame[column].astype("str").str.lower().isin(known)]
            shapes = np.asarray(kept, dtype=object)
            flat = shapely.get_dimensions(shapes) == 2
            shapes = np.where(flat, shapes, shapely.buffer(shapes, SPREAD_M))
            told += [(place, shape, place != "guest_room") for shape in shapes]
    return pd.DataFrame(told, columns=["place", "geometry", "whole"])


def _named(purpose: Any) -> list[str]:
    if pd.isna(purpose):
        return []
    text = str(purpose).lower()
    return [
        str(place)
        for place, words in prohibited_places()["words"].items()
        if any(word in text for word in words.split("|") if word)
    ]


def _looked_at(views: Shapes, tree: shapely.STRtree) -> list[tuple[int, int]]:
    row, ground = tree.query(views, predicate="dwithin", distance=LOOKED_AT_M)
    outline = shapely.boundary(tree.geometries[ground])
    near = shapely.buffer(views[row], LOOKED_AT_M, quad_segs=2)
    seen_m = shapely.length(shapely.intersection(outline, near))
    return _pairs(row[seen_m >= LEAST_SEEN_M], ground[seen_m >= LEAST_SEEN_M])


def _pairs(row: Any, ground: Any) -> list[tuple[int, int]]:
    return sorted({(int(a), int(b)) for a, b in zip(row, ground, strict=True)})


def _once(reasons: list[Reason]) -> list[Reason]:
    return list({(one["code"], one["place"]): one for one in reasons}.values())
