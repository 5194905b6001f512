import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.samples import TOY_CRS
from gridmap.services.network import (
    lay_network,
    least_matrix,
    network_findings,
    walkable,
)


def roads(*lines, **columns):
    columns.setdefault("highway", ["residential"] * len(lines))
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=TOY_CRS)


def line(*corners):
    return shapely.LineString(corners)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "cycleway"}, True),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "motorway"}, False),
        ({"highway": "motorway_link"}, False),
        ({"highway": "trunk"}, False),
        ({"highway": "trunk", "sidewalk": "both"}, True),
        ({"highway": "trunk", "foot": "yes"}, True),
        ({"highway": "construction"}, False),
        ({"highway": "proposed"}, False),
        ({"highway": "raceway"}, False),
        ({"highway": "no"}, False),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "designated"}, True),
        ({"highway": "service", "access": "no", "foot": "yes"}, True),
        ({"highway": "path", "foot": "private"}, False),
        ({"highway": "motorway", "walkable": True}, True),
        ({"highway": "footway", "walkable": False}, False),
        ({"highway": "footway", "walkable": pd.NA}, True),
    ],
)
def test_a_way_is_walkable_as_its_tags_say(tags, expected):
    assert walkable(pd.DataFrame([tags])).tolist() == [expected]


def test_whole_ways_are_split_where_they_share_a_vertex():
    network = lay_network(
        roads(line((0, 0), (50, 0), (100, 0)), line((50, -50), (50, 0), (50, 50)))
    )
    assert len(network.xy) == 5
    assert len(network.ends) == 4
    assert network.component.tolist() == [0] * 5


def test_lines_that_cross_without_a_common_vertex_do_not_meet():
    network = lay_network(roads(line((0, 0), (100, 0)), line((50, -50), (50, 50))))
    assert network.component.max() == 1


@pytest.mark.parametrize(
    "columns",
    [{"bridge": [None, "yes"]}, {"tunnel": ["no", "yes"]}, {"layer": [np.nan, 1.0]}],
)
def test_a_bridge_over_a_street_does_not_connect_to_it(columns):
    street, bridge = line((0, 0), (50, 0), (100, 0)), line((50, -50), (50, 0), (50, 50))
    network = lay_network(roads(street, bridge, **columns))
    assert network.component.max() == 1


def test_a_bridge_connects_to_the_ways_at_its_ends():
    network = lay_network(
        roads(
            line((0, 0), (50, 0)),
            line((50, 0), (100, 0)),
            line((100, 0), (100, -9), (100, -50)),
            layer=["0", "1", None],
            bridge=["no", "yes", None],
        )
    )
    assert network.component.max() == 0


def test_ways_on_one_level_without_a_word_about_it_meet():
    street, other = line((0, 0), (50, 0), (100, 0)), line((50, -50), (50, 0), (50, 50))
    network = lay_network(roads(street, other, layer=[np.nan, 0.0], bridge=[None, "no"]))
    assert network.component.max() == 0


def test_doubled_ways_do_not_grow_longer():
    network = lay_network(roads(*[line((0, 0), (100, 0))] * 3, line((100, 0), (0, 0))))
    assert network.length_m.tolist() == [100.0]
    assert network.graph.toarray().tolist() == [[0.0, 100.0], [100.0, 0.0]]


def test_pieces_without_length_are_dropped():
    network = lay_network(roads(line((0, 0), (0, 0), (0.0004, 0), (10, 0))))
    assert len(network.ends) == 1


def test_ways_of_several_parts_and_with_heights_are_read():
    parts = shapely.MultiLineString([[(0, 0, 5), (10, 0, 5)], [(10, 0, 9), (20, 0, 9)]])
    assert lay_network(roads(parts)).length_m.tolist() == [10.0, 10.0]


def test_the_share_of_length_outside_the_largest_part_is_told():
    network = lay_network(roads(line((0, 0), (90, 0)), line((0, 50), (10, 50))))
    assert network.outside_share == pytest.approx(0.1)
    (finding,) = network_findings(network)
    assert finding.rule == "network_in_parts"
    assert finding.ids == ("row 2",)


def test_a_district_without_walkable_ways_has_a_finding_and_no_edge():
    network = lay_network(roads(line((0, 0), (90, 0)), highway=["motorway"]))
    assert len(network.edges) == 0
    assert [one.rule for one in network_findings(network)] == ["no_walkable_way"]


def test_the_least_of_duplicate_entries_is_kept_even_if_it_is_zero():
    rows, columns = np.array([0, 0, 1]), np.array([1, 1, 0])
    matrix = least_matrix(rows, columns, np.array([4.0, 0.0, 7.0]), (2, 2))
    assert matrix.nnz == 2
    assert matrix.toarray().tolist() == [[0.0, 0.0], [7.0, 0.0]]
