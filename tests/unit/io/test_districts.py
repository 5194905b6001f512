import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal

from gridmap.district import District
from gridmap.errors import (
    CRSError,
    FileFormatError,
    InputError,
    MissingLayerError,
    PersonalDataError,
)
from gridmap.io.districts import read_district, read_layers, write_district
from gridmap.samples import TOY_CRS, at, box, toy_district

SHARED = Path(os.environ.get("GRIDMAP_SHARED", Path(__file__).parents[3] / "../shared"))
FORMS = ["toy.gpkg", "toy"]


def same(one, other):
    assert set(one.layers) == set(other.layers)
    assert one.timezone == other.timezone
    for name in one.layers:
        assert_frame_equal(
            pd.DataFrame(one[name]).drop(columns="geometry", errors="ignore"),
            pd.DataFrame(other[name]).drop(columns="geometry", errors="ignore"),
        )
        if isinstance(one[name], gpd.GeoDataFrame):
            assert one[name].crs == other[name].crs
            assert one[name].geom_equals_exact(other[name], 1e-6).all()


def save(layers, path):
    for name, frame in layers.items():
        frame.to_file(path, layer=name, engine="pyogrio")
    return path


@pytest.fixture
def boundary():
    return gpd.GeoDataFrame({"name": ["Toy"]}, geometry=[box(0, 0, 400, 400)], crs=TOY_CRS)


@pytest.mark.parametrize("form", FORMS)
def test_a_district_reads_back_as_it_was_written(tmp_path, form):
    toy = toy_district().with_layers(
        provenance=pd.DataFrame({"layer": ["duties"], "synthetic": [True]}),
        sites=toy_district()["sites"].assign(
            opened_on="2020-02-29", remark=["步行可达", None, "x"], seats=[1, None, 3]
        ),
    )
    write_district(toy, tmp_path / form)
    same(read_district(tmp_path / form), toy)


@pytest.mark.parametrize("form", FORMS)
def test_times_keep_their_microseconds_and_their_zone(tmp_path, form):
    moment = pd.Timestamp("2026-03-29T03:30:00.123456+03:00")
    shifts = toy_district()["shifts"].assign(start=moment, end=moment + pd.Timedelta(1, "us"))
    write_district(toy_district().with_layers(shifts=shifts), tmp_path / form)
    layers, _ = read_layers(tmp_path / form)
    assert layers["shifts"]["start"].tolist() == ["2026-03-29T00:30:00.123456+00:00"]
    read = read_district(tmp_path / form)["shifts"]
    assert read["start"][0] == moment
    assert read["end"][0] - read["start"][0] == pd.Timedelta(1, "us")


def test_a_geopackage_says_which_layers_are_synthetic(tmp_path):
    toy = toy_district().with_layers(
        provenance=pd.DataFrame({"layer": ["duties", "roads"], "synthetic": [True, False]})
    )
    write_district(toy, tmp_path / "a.gpkg")
    told = pyogrio.read_info(tmp_path / "a.gpkg", layer="duties")
    assert told["layer_metadata"]["DESCRIPTION"].startswith("SYNTHETIC")
    assert "SYNTHETIC layers, made up" in told["dataset_metadata"]["NOTE"]
    roads = pyogrio.read_info(tmp_path / "a.gpkg", layer="roads")
    assert "SYNTHETIC" not in roads["layer_metadata"]["DESCRIPTION"]
    assert read_district(tmp_path / "a.gpkg").synthetic_layers == ("duties",)


def test_the_provenance_of_a_folder_is_a_text_anyone_can_open(tmp_path):
    toy = toy_district().with_layers(
        provenance=pd.DataFrame({"layer": ["duties"], "synthetic": [True]})
    )
    write_district(toy, tmp_path / "a")
    assert "duties" in (tmp_path / "a" / "provenance.csv").read_text()


def test_a_folder_may_hold_geojson_and_csv(tmp_path, boundary):
    boundary.to_crs(4326).to_file(tmp_path / "boundary.geojson", driver="GeoJSON")
    (tmp_path / "posts.csv").write_text("post_id,role,full_time\n007,medic,yes\n")
    (tmp_path / "sites.csv").write_text("site_id,type,lon,lat\ns1,library,117.001,39.737\n")
    read = read_district(tmp_path)
    assert read["posts"]["post_id"].tolist() == ["007"]
    assert read["posts"]["full_time"].tolist() == [True]
    assert read["sites"].geometry.within(read.outline).tolist() == [True]


@pytest.mark.parametrize("name", ["helsinki_centre", "nanjing_xinjiekou"])
@pytest.mark.parametrize("form", FORMS)
def test_the_shared_districts_are_read_and_written(tmp_path, name, form):
    file = SHARED / "data" / f"{name}.gpkg"
    if not file.exists():
        pytest.skip("the shared districts are not here")
    read = read_district(file)
    assert len(read["sites"]) > 100
    assert read["sites"]["site_id"].is_unique
    assert "ODbL" in read["provenance"].set_index("layer")["licence"]["roads"]
    write_district(read, tmp_path / form)
    again = read_district(tmp_path / form)
    assert {k: len(v) for k, v in again.layers.items() if len(v)} == {
        k: len(v) for k, v in read.layers.items() if len(v)
    }


def test_layers_in_different_crs_come_into_one(tmp_path, boundary):
    parks = gpd.GeoDataFrame({"kind": ["park"]}, geometry=[box(0, 0, 10, 10)], crs=TOY_CRS)
    save({"boundary": boundary, "landuse": parks.to_crs(4326)}, tmp_path / "a.gpkg")
    read = read_district(tmp_path / "a.gpkg")
    assert read["landuse"].area[0] == pytest.approx(100, abs=1e-3)


def test_an_unknown_layer_is_a_finding_with_the_nearest_name(tmp_path, boundary):
    save({"boundary": boundary, "comunities": boundary}, tmp_path / "a.gpkg")
    layers, findings = read_layers(tmp_path / "a.gpkg")
    assert list(layers) == ["boundary"]
    assert [(one.rule, one.severity) for one in findings] == [("unknown_layer", "warning")]
    assert "Did you mean 'communities'?" in findings[0].remedy


def test_a_layer_without_a_crs_is_refused_never_guessed(tmp_path, boundary):
    roads = gpd.GeoDataFrame(
        {"highway": ["path"]}, geometry=[shapely.LineString([at(0, 0), at(9, 9)])]
    )
    with pytest.warns(UserWarning, match="crs"):
        save({"boundary": boundary, "roads": roads}, tmp_path / "a.gpkg")
    with pytest.raises(CRSError, match="roads: the layer declares no coordinate reference"):
        read_district(tmp_path / "a.gpkg")


def test_metres_labelled_as_degrees_are_refused_with_ids(tmp_path, boundary):
    cameras = gpd.GeoDataFrame(
        {"camera_id": ["c1", "c2"]}, geometry=[at(1, 1), at(2, 2)], crs=TOY_CRS
    )
    wrong = cameras.set_crs(4326, allow_override=True)
    save({"boundary": boundary, "cameras": wrong}, tmp_path / "a.gpkg")
    with pytest.raises(CRSError, match=r"expects degrees.*found 500001\.0, 4400001\.0 \[c1, c2\]"):
        read_district(tmp_path / "a.gpkg")


def test_a_layer_in_the_wrong_zone_is_refused(tmp_path, boundary):
    cameras = gpd.GeoDataFrame({"camera_id": ["c1"]}, geometry=[at(1, 1)], crs=TOY_CRS)
    wrong = cameras.set_crs(4549, allow_override=True)
    save({"boundary": boundary, "cameras": wrong}, tmp_path / "a.gpkg")
    with pytest.raises(CRSError, match=r"whole layer lies 2\d\d km from the boundary"):
        read_district(tmp_path / "a.gpkg")


def test_a_district_without_a_boundary_is_refused(tmp_path):
    save({"communities": toy_district().communities}, tmp_path / "a.gpkg")
    with pytest.raises(MissingLayerError, match="needs the layer 'boundary'"):
        read_district(tmp_path / "a.gpkg")


def test_a_district_with_a_column_of_identity_numbers_is_refused(tmp_path, boundary):
    cells = toy_district()["cells"].assign(remark="11010519491231002X")
    save({"boundary": boundary, "cells": cells}, tmp_path / "a.gpkg")
    with pytest.raises(PersonalDataError, match="'remark' looks like personal data"):
        read_district(tmp_path / "a.gpkg")


def test_faults_of_several_layers_are_told_at_once(tmp_path, boundary):
    toy = toy_district()
    cells = toy["cells"].assign(cell_id=["a", "a", "b", None])
    sites = toy["sites"].assign(geometry=[None, at(1, 1), at(2, 2)])
    save({"boundary": boundary, "cells": cells, "sites": sites}, tmp_path / "a.gpkg")
    with pytest.raises(InputError) as caught:
        read_district(tmp_path / "a.gpkg")
    for part in ("rows share an id [a]", "'cell_id' is empty", "or empty [s1]"):
        assert part in str(caught.value)


def test_other_files_are_no_districts(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(FileFormatError, match="a district is a GeoPackage"):
        read_layers(tmp_path / "a.csv")
    (tmp_path / "b.gpkg").write_text("not a database")
    with pytest.raises(FileFormatError, match="not a GeoPackage"):
        read_layers(tmp_path / "b.gpkg")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileFormatError, match="holds no layer"):
        read_layers(tmp_path / "empty")


def test_a_district_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    place = tmp_path / "a.gpkg"
    write_district(toy_district(), place)
    before = place.read_bytes()
    written = pyogrio.write_dataframe

    def fail_late(frame, path, layer, **options):
        if layer == "shifts":
            raise OSError("disk full")
        written(frame, path, layer=layer, **options)

    monkeypatch.setattr(pyogrio, "write_dataframe", fail_late)
    with pytest.raises(OSError, match="disk full"):
        write_district(toy_district(), place)
    assert place.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_district_has_one_of_two_endings(tmp_path):
    with pytest.raises(InputError, match=r"written as \.gpkg or as a folder"):
        write_district(toy_district(), tmp_path / "a.geojson")


def test_an_empty_district_layer_is_left_out(tmp_path):
    bare = District.of({"boundary": toy_district()["boundary"]})
    write_district(bare, tmp_path / "a.gpkg")
    assert [str(n) for n, _ in pyogrio.list_layers(tmp_path / "a.gpkg")] == [
        "boundary",
        "provenance",
    ]
