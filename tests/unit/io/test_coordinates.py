import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from gridmap.errors import CRSError, InputError
from gridmap.io.coordinates import looks_swapped, place_table

METRIC = CRS.from_epsg(4548)


@pytest.mark.parametrize(
    "headings", [("lon", "lat"), ("LNG", "Lat"), ("Longitude", "latitude"), ("经度", "纬度")]
)
def test_degrees_are_found_by_their_headings(headings):
    rows = pd.DataFrame({headings[0]: ["118.78", None], headings[1]: ["32.04", None], "a": [1, 2]})
    placed = place_table(rows, "sites")
    assert placed.crs.to_epsg() == 4326
    assert placed.geometry[0].coords[0] == (118.78, 32.04)
    assert placed.geometry[1] is None
    assert placed.columns.tolist() == ["a", "geometry"]


def test_metres_need_a_crs():
    rows = pd.DataFrame({"x": [500_000], "y": [4_400_000]})
    with pytest.raises(CRSError, match="--crs EPSG:n"):
        place_table(rows, "sites")
    assert place_table(rows, "sites", METRIC).crs == METRIC


def test_wkt_needs_a_crs_and_unreadable_wkt_is_named():
    rows = pd.DataFrame({"WKT": ["POLYGON ((0 0, 1 0, 0 1, 0 0))", None]})
    with pytest.raises(CRSError, match="never guesses"):
        place_table(rows, "landuse")
    placed = place_table(rows, "landuse", METRIC)
    assert placed.geometry[0].geom_type == "Polygon"
    assert placed.geometry[1] is None
    with pytest.raises(InputError, match=r"which row 2 is not"):
        place_table(pd.DataFrame({"wkt": ["POINT (1 2)", "here"]}), "sites", METRIC)


def test_a_table_without_coordinates_stays_a_table():
    assert not isinstance(place_table(pd.DataFrame({"a": [1]}), "sites"), gpd.GeoDataFrame)


def test_swapped_degrees_are_told_by_their_range():
    rows = pd.DataFrame({"lon": [32.04, 32.05], "lat": [118.78, 118.79]})
    with pytest.raises(InputError, match="columns 'lon' and 'lat' look swapped"):
        place_table(rows, "sites")


def test_metres_under_headings_of_degrees_are_refused():
    rows = pd.DataFrame({"lon": [500_000.0], "lat": [4_400_000.0]})
    with pytest.raises(CRSError, match="Coordinates in metres"):
        place_table(rows, "sites")
    with pytest.raises(CRSError, match="are degrees, but --crs says"):
        place_table(pd.DataFrame({"lon": [118], "lat": [32]}), "sites", METRIC)


def test_coordinates_that_are_no_numbers_are_named():
    rows = pd.DataFrame({"lon": ["118.78", "east"], "lat": ["32.04", "32.05"]})
    with pytest.raises(InputError, match=r"'lon' expects decimal numbers, found 'east'.*row 2"):
        place_table(rows, "sites")


def test_points_that_lie_nowhere_near_either_way_do_not_look_swapped():
    square = shapely.box(24.9, 60.1, 25.0, 60.2)
    assert not looks_swapped(gpd.GeoSeries([shapely.Point(0, 0)]), square)
    assert not looks_swapped(gpd.GeoSeries([shapely.Point(24.95, 60.15)]), square)
    assert not looks_swapped(gpd.GeoSeries([None]), square)
