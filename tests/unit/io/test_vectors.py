import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap.errors import FileFormatError
from gridmap.io.files import kind_of
from gridmap.io.vectors import (
    layer_names,
    read_geojson,
    read_geopackage,
    read_parquet,
    read_shapefile,
)


@pytest.fixture
def parks():
    shapes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)]
    return gpd.GeoDataFrame({"kind": ["公园", "square"]}, geometry=shapes, crs=4548)


def zip_shapefile(frame, folder, leave_out=(), **options):
    loose = folder / "loose"
    loose.mkdir()
    frame.to_file(loose / "parks.shp", **options)
    with zipfile.ZipFile(folder / "parks.zip", "w") as archive:
        for file in loose.iterdir():
            if file.suffix not in leave_out:
                archive.write(file, f"export/{file.name}")
    return folder / "parks.zip"


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("leave_out", [(), (".cpg",)])
def test_a_zipped_shapefile_keeps_its_chinese_text(parks, tmp_path, encoding, leave_out):
    file = zip_shapefile(parks, tmp_path, leave_out, encoding=encoding)
    frame = read_shapefile(file)
    assert frame["kind"].tolist() == ["公园", "square"]
    assert frame.crs == parks.crs
    assert frame.area.tolist() == [100, 100]


def test_a_shapefile_without_a_prj_has_no_crs(parks, tmp_path):
    assert read_shapefile(zip_shapefile(parks, tmp_path, [".prj"])).crs is None


def test_a_shapefile_without_its_table_is_refused(parks, tmp_path):
    with pytest.raises(FileFormatError, match=r"lacks its \.dbf"):
        read_shapefile(zip_shapefile(parks, tmp_path, [".dbf"]))


def test_an_archive_without_one_shapefile_is_refused(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(FileFormatError, match="expected one Shapefile"):
        read_shapefile(file)


def test_a_damaged_member_of_an_archive_is_refused(parks, tmp_path):
    file = zip_shapefile(parks, tmp_path)
    content = bytearray(file.read_bytes())
    start = content.index(b"\x00\x00\x27\x0a")
    content[start + 40 : start + 60] = bytes(20)
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged"):
        read_shapefile(file)


def test_geojson_is_read_and_a_truncated_one_refused(parks, tmp_path):
    file = tmp_path / "parks.geojson"
    parks.to_crs(4326).to_file(file, driver="GeoJSON")
    assert read_geojson(file).crs.to_epsg() == 4326
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(FileFormatError, match="truncated or damaged"):
        read_geojson(file)


@pytest.mark.parametrize(
    "text", ['{"type": "Topology"}', '{"type": "gdal_streamed_alg", "x": {"type": "Feature"}}']
)
def test_other_json_is_never_handed_to_gdal(tmp_path, text):
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(FileFormatError, match="no GeoJSON"):
        read_geojson(file)


def test_geoparquet_and_plain_parquet_are_told_apart(parks, tmp_path):
    parks.rename_geometry("shape").to_parquet(tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet").geometry.name == "geometry"
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "b.parquet")
    assert not isinstance(read_parquet(tmp_path / "b.parquet"), gpd.GeoDataFrame)


def test_a_damaged_parquet_is_refused(parks, tmp_path):
    parks.to_parquet(tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[:4] + bytes(len(content) - 8) + content[-4:])
    with pytest.raises(FileFormatError, match="cannot be read as Parquet"):
        read_parquet(tmp_path / "a.parquet")


def test_a_geopackage_is_read_by_layer_whatever_its_geometry_column_is_called(parks, tmp_path):
    file = tmp_path / "a.gpkg"
    parks.to_file(file, layer="landuse", GEOMETRY_NAME="shape")
    parks.to_file(file, layer="layer_styles")
    assert layer_names(file) == ["landuse"]
    assert read_geopackage(file, "landuse").geometry.name == "geometry"


def test_a_truncated_geopackage_is_refused(parks, tmp_path):
    file = tmp_path / "a.gpkg"
    parks.to_file(file, layer="landuse")
    file.write_bytes(file.read_bytes()[:-4096])
    with pytest.raises(FileFormatError, match="truncated: expected"):
        kind_of(file)


def test_a_geopackage_of_rubbish_behind_a_good_header_is_refused(parks, tmp_path):
    file = tmp_path / "a.gpkg"
    parks.to_file(file, layer="landuse")
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xaa" * (len(content) - 100))
    assert kind_of(file) == "gpkg"
    with pytest.raises(FileFormatError, match=r"a\.gpkg is damaged"):
        layer_names(file)


def test_heights_of_vertices_are_left_behind(tmp_path):
    file = tmp_path / "a.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Point(1, 2, 3)], crs=4548).to_file(file, layer="a")
    assert not read_geopackage(file, "a").has_z.any()
