"""A district holds all layers in one metric CRS and cannot be changed by accident."""

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.crs import metric_crs
from gridmap.district import District
from gridmap.errors import CRSError, InputError, MissingLayerError
from gridmap.rows import coverage_rows, judge
from gridmap.samples import box, toy_district


def boundary(shape: shapely.Geometry, crs: int | None = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": ["D"]}, geometry=[shape], crs=crs)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (116.4, 39.9, 4548),  # Beijing, CGCS2000 117E
        (118.49, 32.0, 4548),  # just west of the edge between 117E and 120E
        (118.51, 32.0, 4549),
        (87.6, 43.8, 4538),  # Urumqi, 87E
        (24.94, 60.17, 32635),  # Helsinki
        (-70.7, -33.4, 32719),  # Santiago, south
    ],
)
def test_the_metric_crs_comes_from_the_centroid_of_the_boundary(
    lon: float, lat: float, code: int
) -> None:
    square = shapely.box(lon - 0.004, lat - 0.004, lon + 0.004, lat + 0.004)
    assert metric_crs(boundary(square)).to_epsg() == code


def test_areas_in_the_metric_crs_are_true_to_a_thousandth() -> None:
    from pyproj import Geod

    square = shapely.box(116.3, 39.8, 116.4, 39.9)
    true_m2, _ = Geod(ellps="GRS80").geometry_area_perimeter(square)
    district = District.of({"boundary": boundary(square)})
    assert district.outline.area == pytest.approx(abs(true_m2), rel=1e-3)


def test_a_missing_crs_is_an_error_never_a_guess() -> None:
    with pytest.raises(CRSError, match="no coordinate reference system.*never guesses"):
        District.of({"boundary": boundary(shapely.box(116, 39, 117, 40), crs=None)})


def test_a_layer_without_crs_is_named() -> None:
    toy = toy_district()
    bare = gpd.GeoDataFrame({"kind": ["park"]}, geometry=[box(0, 0, 1, 1)])
    with pytest.raises(CRSError, match="'landuse'"):
        toy.with_layers(landuse=bare)


def test_a_district_without_boundary_says_what_it_found() -> None:
    with pytest.raises(MissingLayerError, match="needs the layer 'boundary'.*found posts"):
        District.of({"posts": schema.empty("posts")})


def test_faults_of_all_layers_come_in_one_error() -> None:
    toy = toy_district()
    posts, shifts = toy["posts"], toy["shifts"]
    posts["post_id"] = "same"
    shifts["unit_id"] = None
    with pytest.raises(InputError, match=r"(?s)posts: .*unique.*shifts: .*unit_id"):
        toy.with_layers(posts=posts, shifts=shifts)


def test_what_is_handed_out_cannot_change_the_district() -> None:
    toy = toy_district()
    toy["cells"]["population"] = 0.0
    assert toy["cells"].population.sum() == 500
    with pytest.raises(dataclasses.FrozenInstanceError):
        toy.crs = None  # type: ignore[misc]
    with pytest.raises(TypeError):
        toy.layers["cells"] = None  # type: ignore[index]


def test_a_district_without_communities_is_one_community() -> None:
    toy = toy_district()
    bare = District.of({"boundary": toy["boundary"]})
    assert bare.communities.code.tolist() == ["110101"]
    assert bare.communities.geometry.iloc[0].equals(toy.outline)


def test_needs_says_to_divide_first_where_cells_are_missing() -> None:
    with pytest.raises(MissingLayerError, match="gridmap divide"):
        District.of({"boundary": toy_district()["boundary"]}).needs("cells")


def test_layers_in_other_crs_are_projected_to_one() -> None:
    toy = toy_district()
    degrees = {
        name: f.to_crs(4326) if isinstance(f, gpd.GeoDataFrame) else f
        for name, f in toy.layers.items()
    }
    again = District.of(degrees)
    assert again.crs == toy.crs
    assert again.timezone == "Asia/Shanghai"
    gaps = again["cells"].geometry.centroid.distance(toy["cells"].geometry.centroid)
    assert gaps.max() < 1e-3


def test_judge_never_turns_unknown_into_met_or_missed() -> None:
    assert judge(pd.Series([float("nan")]), 0.0).tolist() == ["unknown"]
    assert judge(pd.Series([0.0, 0.0]), pd.Series([0.0, float("nan")])).tolist() == [
        "met",
        "not_due",
    ]


def test_coverage_rows_refuse_columns_that_are_not_in_the_table() -> None:
    with pytest.raises(TypeError, match="colour"):
        coverage_rows(["a"], "x", colour="red")
