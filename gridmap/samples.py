"""A district of drawing size, 400 m × 400 m, that every doctest and many tests use.

Its numbers can be checked on paper::

    400 ┌────────────┬────────────┐   cells nw, ne, sw, se of 200 m × 200 m
        │ nw    200  │ ne    160  │   people 200, 160, 100, 40 (500 in all)
        │  ──■──────────────■──   │   streets y = 100, y = 300, x = 100, x = 300
        │    pharmacy│  (pharmacy │   pharmacy at (100, 300), another only proposed
    200 ├────────────┼── proposed)┤   health station at (300, 100)
        │ sw    100  │ se     40  │   one walk along y = 300 from x = 50 to x = 350
        │  ──■──────────────■──   │   at 1 m/s, Monday 2 March 2026, 08:00 local
      0 └────────────┴────────────┘
        0           200          400   communities: West (x < 200) and East
"""

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.district import District

TOY_CRS = CRS.from_epsg(4548)
EAST0, NORTH0 = 500_000.0, 4_400_000.0
"""Where the drawing's origin lies in :data:`TOY_CRS` [m]."""
WEST, EAST = "110101001001", "110101001002"


def toy_district() -> District:
    """District of four cells with something in every layer.

    Examples
    --------
    >>> toy = toy_district()
    >>> float(toy["cells"].population.sum()), toy.timezone
    (500.0, 'Asia/Shanghai')
    """
    return District.of(
        _ground() | _people() | _services() | _staffing() | _patrol(), timezone="Asia/Shanghai"
    )


def at(x: float, y: float) -> shapely.Point:
    """Point of the drawing in the metric CRS.

    Examples
    --------
    >>> at(1, 2).coords[0]
    (500001.0, 4400002.0)
    """
    return shapely.Point(EAST0 + x, NORTH0 + y)


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """Rectangle of the drawing in the metric CRS."""
    return shapely.box(EAST0 + x0, NORTH0 + y0, EAST0 + x1, NORTH0 + y1)


def line(*corners: tuple[float, float]) -> shapely.LineString:
    """Line of the drawing in the metric CRS."""
    return shapely.LineString([at(x, y) for x, y in corners])


def _frame(shapes: list[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=TOY_CRS)


def _ground() -> dict[str, pd.DataFrame]:
    return {
        "boundary": _frame([box(0, 0, 400, 400)], name=["Toy district"], code=["110101"]),
        "communities": _frame(
            [box(0, 0, 200, 400), box(200, 0, 400, 400)],
            code=[WEST, EAST],
            name=["West", "East"],
            street_code=["110101001"] * 2,
            street_name=["Old Town"] * 2,
        ),
        "cells": _frame(
            [
                box(0, 200, 200, 400),
                box(200, 200, 400, 400),
                box(0, 0, 200, 200),
                box(200, 0, 400, 200),
            ],
            cell_id=["nw", "ne", "sw", "se"],
            community_code=[WEST, EAST, WEST, EAST],
            code=[f"{WEST}001", f"{EAST}001", f"{WEST}002", f"{EAST}002"],
            name=["North-west", "North-east", "South-west", "South-east"],
            kind=["basic"] * 4,
            households=[80.0, 64.0, 40.0, 16.0],
            population=[200.0, 160.0, 100.0, 40.0],
            grid_version=["toy-1"] * 4,
        ),
        "roads": _frame(
            [
                line((0, 100), (100, 100), (300, 100), (400, 100)),
                line((0, 300), (100, 300), (300, 300), (400, 300)),
                line((100, 0), (100, 100), (100, 300), (100, 400)),
                line((300, 0), (300, 100), (300, 300), (300, 400)),
            ],
            highway=["residential"] * 4,
            name=["South Street", "North Street", "West Lane", "East Lane"],
        ),
        "buildings": _frame(
            [
                box(20, 320, 60, 360),
                box(320, 320, 360, 360),
                box(120, 120, 160, 160),
                box(220, 20, 260, 60),
            ],
            use=["residential", "apartments", "office", "school"],
            levels=[6.0, 5.0, 2.0, 3.0],
        ),
        "landuse": _frame(
            [box(320, 120, 380, 180), box(80, 280, 120, 320)], kind=["park", "square"]
        ),
    }


def _people() -> dict[str, pd.DataFrame]:
    return {
        "population": _frame(
            [at(40, 340), at(340, 340), at(150, 50), at(250, 150)],
            population=[200.0, 160.0, 100.0, 40.0],
            method=["drawn"] * 4,
        )
    }


def _services() -> dict[str, pd.DataFrame]:
    return {
        "sites": _frame(
            [at(100, 300), at(300, 100), at(300, 300)],
            site_id=["s1", "s2", "s3"],
            type=["pharmacy", "health_station", "pharmacy"],
            name=["North Pharmacy", "East Health Station", "Planned Pharmacy"],
            proposed=[False, False, True],
        ),
        "cameras": _frame(
            [at(100, 100), at(300, 300)],
            camera_id=["cam1", "cam2"],
            kind=["fixed", "dome"],
            heading_deg=[45.0, None],
            hfov_deg=[90.0, None],
            range_m=[50.0, 20.0],
            zone=["public", "public"],
            status=["working", "working"],
        ),
    }


def _staffing() -> dict[str, pd.DataFrame]:
    return {
        "posts": pd.DataFrame(
            {
                "post_id": ["p1", "p2", "p3", "p4"],
                "role": ["grid_head", "grid_head", "community_head", "medic"],
                "organisation": ["West", "East", "East", "Clinic"],
                "full_time": [True, True, True, False],
            }
        ),
        "duties": pd.DataFrame(
            {
                "post_id": ["p1", "p1", "p2", "p3"],
                "cell_id": ["nw", "sw", "ne", EAST],
                "accountable": [True] * 4,
                "valid_from": ["2025-01-01"] * 4,
                "valid_to": [None, None, "2026-01-01", None],
            }
        ),
    }


def _patrol() -> dict[str, pd.DataFrame]:
    start = pd.Timestamp("2026-03-02T08:00:00+08:00")
    times = [start + pd.Timedelta(seconds=50 * n) for n in range(7)]
    return {
        "requirements": pd.DataFrame(
            {
                "cell_id": ["*", "nw"],
                "window": ["day", "night"],
                "weekdays": ["12345", "1234567"],
                "start": ["08:00", "22:00"],
                "end": ["20:00", "02:00"],
                "visits": [1.0, 1.0],
                "minutes": [2.0, 2.0],
                "weight": [1.0, 3.0],
            }
        ),
        "shifts": pd.DataFrame(
            {
                "shift_id": ["h1"],
                "unit_id": ["u1"],
                "start": [start],
                "end": [start + pd.Timedelta(hours=1)],
                "mode": ["foot"],
            }
        ),
        "fixes": _frame(
            [at(50 + 50 * n, 300) for n in range(7)],
            shift_id=["h1"] * 7,
            time=times,
            accuracy_m=[5.0] * 7,
        ),
    }
