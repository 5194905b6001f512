from datetime import UTC, date, datetime

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from gridmap.errors import AssetError, FileFormatError, InputError, MissingLayerError
from gridmap.io.results import read_result_layers, read_table
from gridmap.samples import at, toy_district
from gridmap.studies import results
from gridmap.studies.cover import cover, read_cover, write_cover

TOY = toy_district()
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole():
    return cover(TOY, at=NOON)


def staffing(**changed):
    return cover(TOY, ["staffing"], **({"at": NOON} | changed))


def without(*names):
    return TOY.with_layers(**{name: TOY[name].iloc[:0] for name in names})


def test_all_dimensions_end_in_one_table_and_one_register(whole):
    dimensions = {"staffing", "services", "patrol", "cameras", "standards"}
    assert set(whole.coverage["dimension"]) == dimensions
    assert set(whole.gaps["dimension"]) <= set(whole.coverage["dimension"])
    assert whole.summary["gaps"] + whole.summary["gaps_unknown"] == len(whole.gaps)
    assert whole.summary["crs"] == "EPSG:4548"
    assert whole.summary["population"] == 500.0
    assert whole.at == datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_time_on_duty_is_conserved_in_the_summary(whole):
    told = whole.summary["patrol"]
    assert told["dwell_s"] + told["outside_s"] + told["unknown_s"] == told["on_duty_s"]


def test_the_north_east_is_vacant_since_the_last_local_day_of_2025(whole):
    gap = whole.gaps.query("measure == 'staffing.accountable' and cell_id == 'ne'").iloc[0]
    assert gap["since"].tz_convert("Asia/Shanghai") == pd.Timestamp("2026-01-01T00:00+08:00")
    assert gap["people"] == 160


def test_a_service_gap_is_the_ground_of_its_cell_beyond_the_norm(whole):
    cells = TOY["cells"].set_index("cell_id").geometry
    gap = whole.gaps.query("measure == 'health_station.walk_share' and cell_id == 'nw'").iloc[0]
    assert gap["people"] == 200
    assert cells["nw"].buffer(1e-6).covers(gap["geometry"])
    reached = whole.service_areas[whole.service_areas["minutes"].isna()].set_index("type").geometry
    assert gap["geometry"].intersection(reached["health_station"]).area < 1e-6


def test_a_service_gap_dates_from_the_closure_of_the_site_within_the_norm():
    sites = pd.concat(
        [TOY["sites"], TOY["sites"].iloc[[1]].assign(site_id="s9", closed_on="2026-02-01")]
    )
    closed = TOY.with_layers(
        sites=sites.assign(
            closed_on=[None, "2025-11-05", None, "2026-02-01"],
            geometry=[at(100, 300), at(300, 100), at(300, 300), at(300, 120)],
        )
    )
    gaps = cover(closed, ["services"], at=NOON).gaps.set_index("gap_id")
    since = gaps.loc["health_station.walk_share:se", "since"]
    assert since.tz_convert("Asia/Shanghai").date() == date(2026, 2, 1)
    assert pd.isna(gaps.loc["market.walk_share:se", "since"])


def test_a_time_without_zone_is_local_and_one_with_zone_is_not():
    # 1 January begins in Shanghai while it is still 31 December in UTC.
    late = datetime.fromisoformat("2026-01-01T00:30")
    assert staffing(at=late).summary["staffing"]["vacant"] == 2
    assert staffing(at=late.replace(tzinfo=UTC)).at.hour == 0
    assert staffing(at=late, timezone="America/New_York").at == datetime(
        2026, 1, 1, 5, 30, tzinfo=UTC
    )


def test_without_cells_the_error_says_to_divide_first():
    with pytest.raises(MissingLayerError, match="gridmap divide"):
        cover(without("cells"))


def test_a_dimension_asked_for_by_name_needs_its_layers():
    with pytest.raises(MissingLayerError, match="'duties'"):
        cover(without("duties"), ["staffing"])


def test_with_all_a_dimension_without_layers_is_left_out_and_noted():
    found = cover(without("duties", "shifts", "cameras"), at=NOON)
    assert set(found.coverage["dimension"]) == {"services", "standards"}
    assert found.summary["left_out"] == ["staffing", "patrol", "cameras"]
    assert "staffing" not in found.summary
    notes = [one for one in found.findings if one.rule == "dimension_left_out"]
    assert [one.layer for one in notes] == ["staffing", "patrol", "cameras"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"timezone": "Mars/Phobos"}, "Unknown time zone 'Mars/Phobos'"),
        ({"timezone": "../../etc/passwd"}, "Unknown time zone"),
        ({"since": date(2026, 3, 2), "until": date(2026, 3, 1)}, "before it begins"),
    ],
)
def test_a_question_that_cannot_be_is_refused(changed, told):
    with pytest.raises(InputError, match=told):
        staffing(**changed)


@pytest.mark.parametrize("dimensions", [["traffic"], []])
def test_an_unknown_dimension_is_refused(dimensions):
    with pytest.raises(InputError, match="staffing, services, patrol, cameras, standards, all"):
        cover(TOY, dimensions)


def test_cells_without_people_take_them_from_the_layer_population():
    blank = TOY.with_layers(cells=TOY["cells"].assign(population=None))
    found = cover(blank, ["staffing"], at=NOON)
    assert found.summary["population"] == 500
    assert found.cells["population"].tolist() == [200.0, 160.0, 100.0, 40.0]


def test_people_served_and_not_served_add_up_to_the_population_whatever_the_cells_say():
    told = TOY["cells"].assign(population=[1.0, 2.0, 3.0, 4.0])
    found = cover(TOY.with_layers(cells=told), ["services"], at=NOON)
    rows = found.coverage
    for kind, one in found.summary["services"].items():
        unserved = rows["value"][rows["measure"] == f"{kind}.unserved_people"].sum()
        assert one["population_served"] + unserved == pytest.approx(found.summary["population"])


def test_without_any_population_the_total_is_null_and_not_zero():
    cells = TOY["cells"].assign(population=None)
    found = cover(without("population").with_layers(cells=cells), ["staffing"], at=NOON)
    assert found.summary["population"] is None


def test_a_moment_at_the_edge_of_the_calendar_is_refused():
    for year in (1, 9999):
        with pytest.raises(InputError, match="expected one from 1900 to 2199"):
            cover(TOY, ["staffing"], at=datetime(year, 1, 1, tzinfo=UTC))


def test_what_is_written_is_read_back_the_same(whole, tmp_path):
    write_cover(whole, TOY, tmp_path / "out")
    back = read_cover(tmp_path / "out")
    pd.testing.assert_frame_equal(back.coverage, whole.coverage)
    assert_geodataframe_equal(back.gaps, whole.gaps)
    assert back.summary == whole.summary
    assert back.findings == whole.findings
    assert (back.at, back.synthetic) == (whole.at, whole.synthetic)
    pd.testing.assert_frame_equal(back.presence, whole.presence)
    assert_geodataframe_equal(back.catchments, whole.catchments)
    pd.testing.assert_frame_equal(back.site_loads, whole.site_loads)
    pd.testing.assert_frame_equal(back.lorenz, whole.lorenz)
    assert len(back.views) == len(whole.views)
    assert len(back.service_areas) == len(whole.service_areas)


def test_the_files_are_those_of_the_contract(whole, tmp_path):
    write_cover(whole, TOY, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {
        "coverage.parquet",
        "coverage.csv",
        "cells.gpkg",
        "gaps.gpkg",
        "service_areas.gpkg",
        "views.gpkg",
        "presence.parquet",
        "summary.json",
    }
    csv = pd.read_csv(tmp_path / "out/coverage.csv", dtype={"cell_id": str})
    assert len(csv) == len(whole.coverage)
    layers = read_result_layers(tmp_path / "out/gaps.gpkg")
    dimensions = {"staffing", "services", "patrol", "cameras", "standards"}
    assert dimensions | {"unserved", "blind_spots", "uncovered_both"} == set(layers)
    assert sum(len(layers[name]) for name in dimensions) == len(whole.gaps)


def test_only_files_of_measured_dimensions_are_written(tmp_path):
    write_cover(staffing(), TOY, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert not names & {"views.gpkg", "service_areas.gpkg", "presence.parquet"}
    assert read_cover(tmp_path / "out").views.empty


def test_every_file_says_which_layers_are_made_up(tmp_path):
    told = pd.DataFrame({"layer": ["duties"], "synthetic": [True]})
    made_up = TOY.with_layers(provenance=told)
    found = cover(made_up, ["staffing"], at=NOON)
    write_cover(found, made_up, tmp_path / "out")
    mark = "SYNTHETIC, made up, not measured: duties"
    assert found.summary["synthetic"] == ["duties"]
    assert (tmp_path / "out/README.txt").read_text("utf-8").startswith(mark)
    assert read_table(tmp_path / "out/coverage.parquet").attrs == {"note": mark}
    assert mark.encode() in (tmp_path / "out/cells.gpkg").read_bytes()
    assert mark.encode() in (tmp_path / "out/gaps.gpkg").read_bytes()


def test_rows_on_made_up_layers_are_marked_in_the_csv_and_others_are_not(tmp_path):
    told = pd.DataFrame({"layer": ["duties"], "synthetic": [True]})
    made_up = TOY.with_layers(provenance=told)
    write_cover(cover(made_up, ["staffing", "cameras"], at=NOON), made_up, tmp_path / "out")
    marks = pd.read_csv(tmp_path / "out/coverage.csv").groupby("dimension")["synthetic"].unique()
    assert {name: list(one) for name, one in marks.items()} == {
        "cameras": ["no"],
        "staffing": ["yes"],
    }


def test_the_csv_of_a_real_district_has_no_mark(whole, tmp_path):
    write_cover(whole, TOY, tmp_path / "out")
    assert list(pd.read_csv(tmp_path / "out/coverage.csv")) == list(whole.coverage)


def test_each_licence_is_credited_once_on_the_map(tmp_path):
    told = pd.DataFrame({"layer": ["roads", "sites"], "licence": ["ODbL-1.0", "© OSM; ODbL-1.0"]})
    credited = TOY.with_layers(provenance=told)
    assert results._attribution(credited) == "ODbL-1.0; © OSM"


def test_without_browser_files_everything_but_the_map_is_written(tmp_path, monkeypatch):
    def no_files(**_):
        raise AssetError("run scripts/assets")

    monkeypatch.setattr(results, "draw_offline_map", no_files)
    found = write_cover(staffing(), TOY, tmp_path / "out")
    assert [one.rule for one in found] == ["map_not_drawn"]
    assert not (tmp_path / "out/map.html").exists()
    assert (tmp_path / "out/coverage.parquet").exists()


def test_a_failure_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    write_cover(staffing(), TOY, tmp_path / "out")
    before = (tmp_path / "out/summary.json").read_bytes()

    def break_off(*_):
        raise OSError("disk full")

    monkeypatch.setattr(results, "write_json", break_off)
    with pytest.raises(OSError, match="disk full"):
        write_cover(staffing(at=datetime(2025, 6, 1, tzinfo=UTC)), TOY, tmp_path / "out")
    assert (tmp_path / "out/summary.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_gridmap_did_not_write_is_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="did not write"):
        write_cover(staffing(), TOY, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_folder_that_is_no_result_or_a_damaged_one_is_a_clear_error(tmp_path):
    with pytest.raises(FileFormatError, match="no result of gridmap cover"):
        read_cover(tmp_path)
    write_cover(staffing(), TOY, tmp_path / "out")
    (tmp_path / "out/summary.json").write_text('{"district"')
    with pytest.raises(FileFormatError, match="damaged"):
        read_cover(tmp_path / "out")


def test_a_district_that_is_all_in_order_has_an_empty_register(tmp_path):
    duties = pd.DataFrame(
        {"post_id": "p1", "cell_id": TOY["cells"]["cell_id"], "accountable": True}
    )
    calm = TOY.with_layers(duties=duties)
    found = cover(calm, ["staffing"], at=NOON)
    assert found.gaps.empty
    write_cover(found, calm, tmp_path / "out")
    back = read_cover(tmp_path / "out").gaps
    assert isinstance(back, gpd.GeoDataFrame)
    assert back.empty
