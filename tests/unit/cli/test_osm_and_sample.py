from pathlib import Path

import pytest

from gridmap.cli import main
from gridmap.io.districts import read_district

SHARED = Path(__file__).parents[3] / "../shared/data/osm"
DRAWING = """<?xml version="1.0"?>
<osm version="0.6"><bounds minlat="60" minlon="25" maxlat="60.01" maxlon="25.01"/>
<node id="1" lat="60.002" lon="25.002"/><node id="2" lat="60.004" lon="25.004"/>
<node id="3" lat="60.003" lon="25.005"><tag k="amenity" v="pharmacy"/></node>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2"><nd ref="1"/><nd ref="2"/><tag k="highway" v="proposed"/></way></osm>"""


def test_an_osm_file_becomes_a_district_and_the_account_is_printed(tmp_path, capsys):
    source = tmp_path / "town.osm"
    source.write_text(DRAWING)
    assert main(["import", "osm", str(source), "-o", str(tmp_path / "town.gpkg")]) == 0
    told = capsys.readouterr()
    assert "1 roads" in told.out
    assert "highway=proposed (w2)" in told.out
    assert told.err == "", "silent in a pipe"
    district = read_district(tmp_path / "town.gpkg")
    assert (district.name, len(district["roads"]), len(district["sites"])) == ("town", 1, 1)


def test_a_damaged_osm_file_leaves_nothing_behind(tmp_path, capsys):
    source = tmp_path / "town.osm"
    source.write_text(DRAWING[:300])
    assert main(["import", "osm", str(source), "-o", str(tmp_path / "town.gpkg")]) == 2
    assert "cut short or damaged" in capsys.readouterr().err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["town.osm"]


def test_the_sample_is_written_and_says_what_is_made_up(tmp_path, capsys):
    out = tmp_path / "sample.gpkg"
    assert main(["sample", "make", "--seed", "3", "-o", str(out)]) == 0
    assert "synthetic: communities" in capsys.readouterr().out
    written = read_district(out)
    assert "fixes" in written.synthetic_layers
    assert "roads" not in written.synthetic_layers
    assert len(written["cameras"]) == 221


def test_a_sample_out_of_range_is_refused(tmp_path, capsys):
    assert main(["sample", "make", "--cells", "1", "-o", str(tmp_path / "s.gpkg")]) == 2
    assert "found 1 cells" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_synthetic_city_has_the_cells_asked_for_and_says_it_is_made_up(tmp_path, capsys):
    out = tmp_path / "city.gpkg"
    order = ["sample", "make", "--cells", "24", "--units", "2", "--seed", "3", "-o", str(out)]
    assert main(order) == 0
    assert "24 cells" in capsys.readouterr().out
    written = read_district(out)
    assert len(written["cells"]) == 24
    assert len(written["shifts"]) == 2
    assert set(written.synthetic_layers) == set(written.layers) - {"provenance"}


def test_patrol_units_without_a_synthetic_city_are_refused(tmp_path, capsys):
    assert main(["sample", "make", "--units", "3", "-o", str(tmp_path / "s.gpkg")]) == 2
    assert "--cells" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared OSM extracts are not here")
def test_a_real_extract_is_written_and_read_back(tmp_path):
    out = tmp_path / "nanjing.gpkg"
    assert main(["import", "osm", str(SHARED / "nanjing_xinjiekou.osm.gz"), "-o", str(out)]) == 0
    assert len(read_district(out)["buildings"]) >= 1242
