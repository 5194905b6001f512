import json
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.datums import from_wgs84
from gridmap.errors import (
    CRSError,
    FileFormatError,
    GridmapError,
    InputError,
    MissingLayerError,
    PersonalDataError,
)
from gridmap.io.districts import read_district, write_district
from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.studies.import_layer import import_layer

POINTS = gpd.GeoSeries([at(100, 300), at(300, 100)], crs=TOY_CRS).to_crs(4326)
LON, LAT = POINTS.x.to_numpy(), POINTS.y.to_numpy()


@pytest.fixture
def toy(tmp_path):
    """Path of the toy district as a file."""
    file = tmp_path / "toy.gpkg"
    write_district(toy_district(), file)
    return file


@pytest.fixture
def sites():
    return pd.DataFrame({"site_id": ["a", "b"], "type": ["library", "market"]})


def placed(frame):
    return gpd.GeoDataFrame(frame, geometry=[at(100, 300), at(300, 100)], crs=TOY_CRS)


def save(frame, path):
    """Write a table in the form its ending asks for."""
    if path.suffix == ".csv":
        frame.assign(lon=LON, lat=LAT).to_csv(path, index=False)
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        rows = frame.assign(经度=LON, 纬度=LAT)
        book.active.append(list(rows.columns))
        for row in rows.itertuples(index=False):
            book.active.append(list(row))
        book.save(path)
    elif path.suffix == ".parquet":
        placed(frame).to_parquet(path)
    elif path.suffix == ".zip":
        loose = path.with_suffix("")
        loose.mkdir()
        placed(frame).to_file(loose / "sites.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for file in loose.iterdir():
                archive.write(file, file.name)
    elif path.suffix == ".geojson":
        placed(frame).to_crs(4326).to_file(path, driver="GeoJSON")
    else:
        placed(frame).to_file(path, layer="anything")
    return path


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "zip", "parquet", "csv", "xlsx"])
def test_each_form_of_file_brings_the_same_sites(toy, sites, tmp_path, ending):
    account = import_layer(toy, "sites", save(sites, tmp_path / f"sites.{ending}"))
    assert account.read == {"rows": 2}
    assert account.kept == {"sites": 2}
    read = read_district(toy)
    assert read["sites"]["site_id"].tolist() == ["a", "b"]
    apart_m = read["sites"].distance(placed(sites).to_crs(read.crs))
    assert apart_m.max() < 0.01
    assert read["provenance"]["source"].tolist() == [f"sites.{ending}"]
    assert len(read["cells"]) == 4


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_positions_in_a_chinese_datum_come_to_where_they_are(toy, sites, tmp_path, datum):
    lon, lat = from_wgs84(LON, LAT, datum)
    sites.assign(lng=lon, lat=lat).to_csv(tmp_path / "a.csv", index=False)
    account = import_layer(toy, "sites", tmp_path / "a.csv", datum=datum)
    read = read_district(toy)
    assert read["sites"].distance(placed(sites).to_crs(read.crs)).max() < 0.02
    assert f"coordinates taken as {datum}, kept in WGS 84" in account.notes
    assert datum in read["provenance"]["note"][0]


def test_polygons_in_a_chinese_datum_move_too(toy, tmp_path):
    park = gpd.GeoSeries([box(0, 0, 50, 50)], crs=TOY_CRS).to_crs(4326)
    moved = shapely.transform(
        park.to_numpy(), lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "gcj02"))
    )
    frame = gpd.GeoDataFrame({"kind": ["park"]}, geometry=moved, crs=4326)
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON")
    import_layer(toy, "landuse", tmp_path / "a.geojson", datum="gcj02")
    drawn = gpd.GeoSeries([box(0, 0, 50, 50)], crs=TOY_CRS)
    read = read_district(toy)["landuse"]
    assert read.symmetric_difference(drawn).area[0] < 2


def test_a_datum_for_metres_is_refused(toy, sites, tmp_path):
    with pytest.raises(CRSError, match="moves degrees of WGS 84"):
        import_layer(toy, "sites", save(sites, tmp_path / "a.parquet"), datum="gcj02")


def test_columns_are_renamed(toy, sites, tmp_path):
    table = sites.rename(columns={"site_id": "编号"})
    file = save(table, tmp_path / "a.csv")
    import_layer(toy, "sites", file, renames={"编号": "site_id"})
    assert read_district(toy)["sites"]["site_id"].tolist() == ["a", "b"]
    with pytest.raises(InputError, match="has no column Nummer; found 编号, type, lon, lat"):
        import_layer(toy, "sites", file, renames={"Nummer": "site_id"})
    with pytest.raises(InputError, match="two columns .* called type"):
        import_layer(toy, "sites", file, renames={"编号": "type"})


def test_a_table_without_geometry_is_imported(toy, tmp_path):
    (tmp_path / "posts.csv").write_bytes(
        "post_id,role,full_time\n007,网格长,是\n".encode("gb18030")
    )
    import_layer(toy, "posts", tmp_path / "posts.csv")
    posts = read_district(toy)["posts"]
    assert posts[["post_id", "role", "full_time"]].values.tolist() == [["007", "网格长", True]]


def test_a_boundary_makes_a_new_district(tmp_path):
    shape = gpd.GeoDataFrame(geometry=[box(0, 0, 400, 400)], crs=TOY_CRS)
    shape.to_file(tmp_path / "outline.gpkg", layer="outline")
    account = import_layer(tmp_path / "new.gpkg", "boundary", tmp_path / "outline.gpkg")
    assert read_district(tmp_path / "new.gpkg").name == "new"
    assert "called 'new'" in account.notes[0]


def test_the_outline_of_communities_makes_a_new_district(toy, tmp_path):
    communities = toy_district()["communities"]
    communities.to_file(tmp_path / "c.gpkg", layer="c")
    new = tmp_path / "new"
    import_layer(new, "communities", tmp_path / "c.gpkg", as_boundary=True)
    read = read_district(new)
    assert read.outline.area == pytest.approx(160_000)
    assert len(read["communities"]) == 2
    with pytest.raises(InputError, match="has a boundary already"):
        import_layer(toy, "communities", tmp_path / "c.gpkg", as_boundary=True)


def test_without_a_boundary_there_is_no_district_to_import_into(sites, tmp_path):
    with pytest.raises(MissingLayerError, match="Begin with its boundary"):
        import_layer(tmp_path / "new.gpkg", "sites", save(sites, tmp_path / "a.csv"))
    roads = gpd.GeoDataFrame(
        {"highway": ["path"]}, geometry=[shapely.LineString([at(0, 0), at(9, 9)])], crs=TOY_CRS
    )
    roads.to_file(tmp_path / "r.gpkg", layer="roads")
    with pytest.raises(InputError, match="not made of polygons"):
        import_layer(tmp_path / "new.gpkg", "roads", tmp_path / "r.gpkg", as_boundary=True)
    assert not (tmp_path / "new.gpkg").exists()


def test_invalid_polygons_are_repaired_and_reported(toy, tmp_path):
    spike = shapely.Polygon([at(0, 0), at(9, 0), at(9, 9), at(9, 0), at(9, 9), at(0, 9)])
    bow = shapely.Polygon([at(20, 20), at(40, 40), at(40, 20), at(20, 40)])
    frame = gpd.GeoDataFrame({"kind": ["park", "square"]}, geometry=[spike, bow], crs=TOY_CRS)
    frame.to_file(tmp_path / "a.gpkg", layer="landuse")
    account = import_layer(toy, "landuse", tmp_path / "a.gpkg")
    assert account.notes == ("repaired invalid geometry of row 1, row 2",)
    read = read_district(toy)["landuse"]
    assert read.is_valid.all()
    assert set(read.geom_type) <= {"Polygon", "MultiPolygon"}
    assert read.area.round(3).tolist() == [81, 200]


def test_a_multipoint_of_one_point_is_that_point(toy, sites, tmp_path):
    frame = placed(sites)
    frame["geometry"] = [shapely.MultiPoint([point]) for point in frame.geometry]
    frame.to_file(tmp_path / "a.gpkg", layer="sites")
    import_layer(toy, "sites", tmp_path / "a.gpkg")
    assert set(read_district(toy)["sites"].geom_type) == {"Point"}


def test_empty_rows_are_dropped_and_counted(toy, sites, tmp_path):
    save(sites, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open("a") as stream:
        stream.write(",,,\n")
    account = import_layer(toy, "sites", tmp_path / "a.csv")
    assert account.read == {"rows": 3}
    assert account.kept == {"sites": 2}
    assert [(one.reason, one.count, one.ids) for one in account.dropped] == [
        ("empty", 1, ("row 3",))
    ]


def test_a_layer_of_several_must_be_chosen(toy, sites, tmp_path):
    for name in ("old", "new"):
        placed(sites.assign(name=name)).to_file(tmp_path / "a.gpkg", layer=name)
    with pytest.raises(MissingLayerError, match=r"several layers \(old, new\)"):
        import_layer(toy, "sites", tmp_path / "a.gpkg")
    import_layer(toy, "sites", tmp_path / "a.gpkg", source_layer="new")
    assert read_district(toy)["sites"]["name"].tolist() == ["new", "new"]


def test_a_measured_layer_takes_the_place_of_a_synthetic_one(tmp_path, sites):
    told = pd.DataFrame({"layer": ["sites", "duties"], "synthetic": [True, True]})
    write_district(toy_district().with_layers(provenance=told), tmp_path / "toy.gpkg")
    file = save(sites, tmp_path / "a.csv")
    licence = {"licence": "CC0", "dated": "2026-01-01"}
    account = import_layer(tmp_path / "toy.gpkg", "sites", file, provenance=licence)
    read = read_district(tmp_path / "toy.gpkg")
    assert read.synthetic_layers == ("duties",)
    assert read["provenance"].set_index("layer")["licence"]["sites"] == "CC0"
    assert account.dated == "2026-01-01"


def test_a_shapefile_without_a_prj_takes_the_crs_it_is_told(toy, sites, tmp_path):
    placed(sites).set_crs(None, allow_override=True).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(CRSError, match="declares no coordinate reference"):
        import_layer(toy, "sites", tmp_path / "a.parquet")
    import_layer(toy, "sites", tmp_path / "a.parquet", crs="EPSG:4548")
    assert read_district(toy)["sites"].within(toy_district().outline).all()
    file = save(sites, tmp_path / "b.parquet")
    with pytest.raises(CRSError, match="but --crs says"):
        import_layer(toy, "sites", file, crs="4326")
    with pytest.raises(CRSError, match="expects a code such as EPSG:4490"):
        import_layer(toy, "sites", file, crs="EPSG:mars")


def test_a_layer_with_faults_can_be_replaced_by_a_sound_one(sites, tmp_path):
    toy = toy_district()
    toy["boundary"].to_file(tmp_path / "a.gpkg", layer="boundary")
    toy["sites"].assign(site_id="same").to_file(tmp_path / "a.gpkg", layer="sites")
    import_layer(tmp_path / "a.gpkg", "sites", save(sites, tmp_path / "s.csv"))
    assert read_district(tmp_path / "a.gpkg")["sites"]["site_id"].tolist() == ["a", "b"]


def test_layers_that_gridmap_does_not_know_are_not_lost(toy, sites, tmp_path):
    toy_district()["roads"].to_file(toy, layer="tramlines")
    with pytest.raises(InputError, match=r"does not know \(tramlines\) and would lose"):
        import_layer(toy, "sites", save(sites, tmp_path / "a.csv"))


def csv(**columns):
    def write(path):
        pd.DataFrame(columns).to_csv(path, index=False)

    return write


def raw(content):
    return lambda path: path.write_bytes(content)


def truncated_book(path):
    book = openpyxl.Workbook()
    book.active.append(["site_id", "type"])
    book.save(path)
    path.write_bytes(path.read_bytes()[:-300])


def sparse_10_gb(path):
    with path.open("wb") as stream:
        stream.truncate(10 * 1024**3)


GOOD = {"site_id": ["a", "b"], "type": ["library", "market"], "lon": LON, "lat": LAT}
BAD_INPUT = {
    "missing CRS": ("a.csv", csv(site_id=["a"], type=["x"], x=[1], y=[2]), CRSError, "--crs"),
    "wrong CRS": (
        "a.csv",
        csv(site_id=["a"], type=["x"], lon=[500_100], lat=[4_400_100]),
        CRSError,
        "expect degrees",
    ),
    "far away": (
        "a.csv",
        csv(**GOOD | {"lon": LON - 90, "lat": LAT + 20}),
        CRSError,
        "km from the boundary",
    ),
    "duplicate ids": ("a.csv", csv(**GOOD | {"site_id": ["a", "a"]}), InputError, r"unique.*\[a\]"),
    "null geometry": ("a.csv", csv(**GOOD | {"lon": [LON[0], None]}), InputError, r"empty \[b\]"),
    "missing column": ("a.csv", csv(site_id=["a"], lon=[117], lat=[39]), InputError, "'type'"),
    "no coordinates": ("a.csv", csv(site_id=["a"], type=["x"]), InputError, "lon and lat"),
    "no rows": ("a.csv", raw(b"site_id,type,lon,lat\n"), InputError, "holds no rows"),
    "a title above the headings": (
        "a.csv",
        raw("站点表,,,\nsite_id,type,lon,lat\na,library,117,39\n".encode()),
        InputError,
        "must hold the headings",
    ),
    "unreadable date": (
        "a.csv",
        csv(**GOOD | {"opened_on": ["2020-01-01", "spring"]}),
        InputError,
        r"'spring' \[b\]",
    ),
    "swapped, out of range": (
        "a.csv",
        csv(**GOOD | {"lon": LAT, "lat": LON}),
        InputError,
        "swapped",
    ),
    "encrypted workbook": (
        "a.xlsx",
        raw(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2000)),
        FileFormatError,
        "encrypted",
    ),
    "truncated workbook": ("a.xlsx", truncated_book, FileFormatError, "truncated"),
    "no GeoPackage": ("a.gpkg", raw(b"GPKG, honestly" * 20), FileFormatError, "not a GeoPackage"),
    "10 GB": ("a.gpkg", sparse_10_gb, FileFormatError, "too large"),
    "identity numbers": (
        "a.csv",
        csv(**GOOD | {"note": ["11010519491231002X", "x"]}),
        PersonalDataError,
        "'note'.*identity numbers",
    ),
    "personal heading": ("a.csv", csv(**GOOD | {"户主": ["-", "-"]}), PersonalDataError, "户主"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_has_its_own_error_and_leaves_the_district_as_it_was(toy, case):
    name, write, kind, message = BAD_INPUT[case]
    folder = toy.parent / "in"
    folder.mkdir()
    write(folder / name)
    before = toy.read_bytes()
    with pytest.raises(kind, match=message) as caught:
        import_layer(toy, "sites", folder / name)
    assert isinstance(caught.value, GridmapError)
    assert toy.read_bytes() == before
    assert sorted(one.name for one in toy.parent.iterdir()) == ["in", "toy.gpkg"]


def test_without_coordinates_a_datum_changes_nothing_about_the_error(toy, tmp_path):
    csv(site_id=["a"], type=["park"])(tmp_path / "a.csv")
    with pytest.raises(InputError, match="expected columns lon and lat.*found site_id, type"):
        import_layer(toy, "sites", tmp_path / "a.csv", datum="gcj02")


def test_every_missing_column_is_told_with_the_columns_that_came(toy, tmp_path):
    csv(lon=[117], lat=[39], note=["x"])(tmp_path / "a.csv")
    with pytest.raises(InputError) as caught:
        import_layer(toy, "sites", tmp_path / "a.csv")
    assert str(caught.value).count("(found: note)") == 2


def test_coordinates_swapped_within_the_valid_range_are_told_by_the_boundary(tmp_path):
    helsinki = gpd.GeoDataFrame(
        {"name": ["H"]}, geometry=[shapely.box(24.9, 60.1, 25.0, 60.2)], crs=4326
    )
    helsinki.to_file(tmp_path / "h.gpkg", layer="boundary")
    csv(site_id=["a"], type=["library"], lon=[60.15], lat=[24.95])(tmp_path / "a.csv")
    with pytest.raises(InputError, match="look swapped"):
        import_layer(tmp_path / "h.gpkg", "sites", tmp_path / "a.csv")


def test_northing_before_easting_looks_swapped_too(toy, tmp_path):
    csv(site_id=["a"], type=["library"], x=[4_400_100], y=[500_100])(tmp_path / "a.csv")
    with pytest.raises(InputError, match="look swapped"):
        import_layer(toy, "sites", tmp_path / "a.csv", crs="EPSG:4548")


def test_fixes_off_duty_are_never_kept(toy, tmp_path):
    shift = toy_district()["shifts"].iloc[0]
    times = [shift["start"] - pd.Timedelta("1s"), shift["start"], shift["end"], shift["end"]]
    tracks = pd.DataFrame({"time": times, "shift_id": [shift["shift_id"]] * 3 + ["unknown"]})
    placed_at = gpd.GeoDataFrame(tracks, geometry=[at(100, 300)] * 4, crs=TOY_CRS)
    placed_at.to_parquet(tmp_path / "fixes.parquet")
    account = import_layer(toy, "fixes", tmp_path / "fixes.parquet")
    assert read_district(toy)["fixes"]["time"].tolist() == times[1:3]
    assert [(one.reason, one.count) for one in account.dropped] == [
        ("outside the shift it names", 2)
    ]


def test_fixes_wait_for_their_shifts(tmp_path):
    bare = tmp_path / "bare.gpkg"
    write_district(type(toy_district()).of({"boundary": toy_district()["boundary"]}), bare)
    toy_district()["fixes"].to_parquet(tmp_path / "fixes.parquet")
    with pytest.raises(MissingLayerError, match="Import the shifts first"):
        import_layer(bare, "fixes", tmp_path / "fixes.parquet")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("LineString", "expected polygon, found LineString"),
        ("Polygon", "outline that does not close"),
    ],
)
def test_open_borders_are_refused_and_the_district_stays_as_it_was(toy, tmp_path, kind, found):
    features = []
    for row in toy_district().communities.to_crs(4326).itertuples():
        ring = [list(place) for place in row.geometry.exterior.coords][:-1]
        shape = {"type": kind, "coordinates": ring if kind == "LineString" else [ring]}
        told = {"code": row.code, "name": row.name}
        features.append({"type": "Feature", "properties": told, "geometry": shape})
    file = tmp_path / "borders.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    before = toy.read_bytes()
    with pytest.raises(InputError, match=found):
        import_layer(toy, "communities", file)
    assert toy.read_bytes() == before
