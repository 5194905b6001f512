"""Tracks from GPX, GeoJSON, CSV and GeoParquet; bombs and naive times are refused."""

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.errors import FileFormatError, InputError
from gridmap.io import tracks
from gridmap.io.tracks import read_tracks, track_gpx

TIMES = pd.to_datetime(["2026-03-02T00:00:00.000Z", "2026-03-02T00:00:10.500Z"], utc=True)
WALK = pd.DataFrame({"time": TIMES, "lon_deg": [24.9, 24.91], "lat_deg": [60.1, 60.11]})


def test_a_gpx_that_was_written_is_read_back(tmp_path):
    (tmp_path / "a.gpx").write_text(track_gpx(WALK, "shift <1>"), encoding="utf-8")
    read = read_tracks(tmp_path / "a.gpx")
    pd.testing.assert_frame_equal(
        read[["time", "lon_deg", "lat_deg"]].reset_index(drop=True), WALK, check_dtype=False
    )


def test_the_four_formats_tell_the_same(tmp_path):
    points = gpd.GeoDataFrame(
        {"time": [one.isoformat() for one in TIMES], "accuracy": [5.0, 6.0], "unit": "u1"},
        geometry=gpd.points_from_xy(WALK["lon_deg"], WALK["lat_deg"]), crs=4326,
    )  # fmt: skip
    points.to_file(tmp_path / "a.geojson")
    points.to_parquet(tmp_path / "a.parquet")
    table = pd.DataFrame(points.drop(columns="geometry")).assign(lon=WALK["lon_deg"])
    table.assign(lat=WALK["lat_deg"]).to_csv(tmp_path / "a.csv", index=False)
    for ending in ("geojson", "parquet", "csv"):
        read = read_tracks(tmp_path / f"a.{ending}")
        assert read["time"].tolist() == TIMES.tolist()
        assert read["lon_deg"].tolist() == [24.9, 24.91]
        assert read["accuracy_m"].tolist() == [5, 6]
        assert set(read["unit_id"]) == {"u1"}
        assert read.index.tolist() == [1, 2]


def test_naive_times_are_refused_with_their_rows(tmp_path):
    (tmp_path / "a.csv").write_text(
        "time,lon,lat\n2026-03-02T08:00:00Z,1,2\n2026-03-02 08:00:00,1,2\nsoon,1,2\n"
    )
    with pytest.raises(InputError, match=r"found 2 without one or unreadable, in rows .*2.*3"):
        read_tracks(tmp_path / "a.csv")


BOMB = """<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BOMB, "document type or entities"),
        ("<gpx>" + "<trk>" * 40, "deeper than 32"),
        ("<html></html>", "Expected GPX"),
        ("<gpx><trk>", "damaged"),
        ("", "damaged|empty"),
    ],
)
def test_a_gpx_bomb_or_no_gpx_is_refused(tmp_path, text, found):
    (tmp_path / "a.gpx").write_text(text)
    with pytest.raises(FileFormatError, match=found):
        read_tracks(tmp_path / "a.gpx")


def test_a_gpx_of_too_many_points_is_refused_before_it_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "MOST_POINTS", 1)
    (tmp_path / "a.gpx").write_text(track_gpx(WALK, "a"))
    with pytest.raises(FileFormatError, match="more than 1 points"):
        read_tracks(tmp_path / "a.gpx")


def test_columns_are_found_by_their_usual_names_in_chinese_too(tmp_path):
    (tmp_path / "a.csv").write_text("时间,经度,纬度\n2026-03-02T08:00:00+08:00,116.4,39.9\n")
    assert read_tracks(tmp_path / "a.csv")["lon_deg"].tolist() == [116.4]
    (tmp_path / "b.csv").write_text("when,where\n1,2\n")
    with pytest.raises(FileFormatError, match="found none for time, lon_deg, lat_deg"):
        read_tracks(tmp_path / "b.csv")


def test_lines_and_strange_endings_are_refused(tmp_path):
    (tmp_path / "a.kml").write_text("x")
    with pytest.raises(FileFormatError, match=r"\.gpx, \.geojson"):
        read_tracks(tmp_path / "a.kml")
