"""Share of streets walked, whatever the direction."""

import pandas as pd
import pytest

from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.segments import join_segments
from gridmap.patrol.streets import street_coverage, street_share
from gridmap.samples import TOY_CRS, line, toy_district
from tests.oracles.patrol import patrolled


def walked(roads, fixes):
    import geopandas as gpd
    import shapely

    district = patrolled(
        {"a": shapely.box(0, 0, 500, 500)}, {"s": ("u", 0.0, 9000.0, "foot")}, {"s": fixes}
    )
    segments = join_segments(clean_fixes(district["shifts"], district["fixes"]))
    layer = gpd.GeoDataFrame({"highway": "residential"}, index=range(len(roads)),
                             geometry=roads, crs=TOY_CRS)  # fmt: skip
    return street_coverage(segments[segments["valid"]], layer)


def track(*corners):
    return [(30.0 * n, x, y) for n, (x, y) in enumerate(corners)]


def test_a_walk_down_part_of_a_street_covers_that_part():
    told = walked([line((0, 0), (200, 0))], track((10, 5), (50, 5), (90, 5)))
    assert told["covered_m"].tolist() == pytest.approx([80.0])
    assert told["covered"].tolist() == [False]


def test_walking_back_covers_nothing_more():
    out = track((0, 5), (80, 5), (160, 5), (80, 5), (0, 5))
    told = walked([line((0, 0), (200, 0))], out)
    assert told["covered_m"].tolist() == pytest.approx([160.0])
    assert told["covered"].tolist() == [True]


def test_a_street_that_is_crossed_is_not_covered():
    roads = [line((0, 0), (200, 0)), line((100, -100), (100, 100))]
    told = walked(roads, track((0, 0), (100, 0), (200, 0)))
    assert told["covered_m"].tolist() == pytest.approx([200.0, 0.0])


def test_a_track_more_than_20_metres_away_is_on_another_street():
    assert walked([line((0, 0), (200, 0))], track((0, 21), (100, 21)))["covered_m"].tolist() == [0]


def test_standing_still_covers_no_street():
    assert walked([line((0, 0), (200, 0))], track((50, 0), (50, 0)))["covered_m"].tolist() == [0]


def test_a_segment_of_more_than_a_minute_matches_no_street():
    told = walked([line((0, 0), (200, 0))], [(0.0, 0, 0), (61.0, 100, 0), (91.0, 150, 0)])
    assert told["covered_m"].tolist() == pytest.approx([50.0])


def test_the_share_of_no_street_is_none():
    assert street_share(pd.DataFrame({"length_m": [], "covered_m": []})) is None
    told = street_coverage(walk_of_toy(), toy_district()["roads"].iloc[:0])
    assert told.empty


def walk_of_toy():
    toy = toy_district()
    return join_segments(clean_fixes(toy["shifts"], toy["fixes"]))


def test_the_toy_walk_covers_300_of_1600_metres():
    told = street_coverage(walk_of_toy(), toy_district()["roads"])
    assert street_share(told) == pytest.approx(0.1875)
