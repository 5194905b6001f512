import hashlib
import re
from pathlib import Path

from gridmap.studies.sample import read_real

GEODATA = Path(__file__).parents[2] / "geodata"


def test_the_shipped_district_is_the_one_the_readme_describes():
    told = re.search(
        r"helsinki\.gpkg`.*`([0-9a-f]{64})`", (GEODATA / "README.md").read_text("utf-8")
    )
    assert told is not None
    found = hashlib.sha256((GEODATA / "helsinki.gpkg").read_bytes()).hexdigest()
    assert found == told[1]


def test_the_shipped_district_holds_the_real_map_and_nothing_made_up():
    real = read_real()
    assert real.synthetic_layers == ()
    assert {name: len(real[name]) for name in ("cameras", "buildings", "boundary")} == {
        "cameras": 221,
        "buildings": 450,
        "boundary": 1,
    }
    assert len(real["roads"]) > 4_000
    assert real["cameras"]["heading_deg"].isna().all()
    assert real["provenance"]["licence"].str.contains("ODbL").all()


def test_the_notice_names_the_licence_and_the_contributors():
    notice = (GEODATA / "LICENSE-ODbL.md").read_text("utf-8")
    assert "© OpenStreetMap contributors" in notice
    assert "https://opendatacommons.org/licenses/odbl/1-0/" in notice


def test_every_reference_table_says_where_it_comes_from():
    told = (GEODATA / "README.md").read_text("utf-8")
    tables = {path.name for path in (GEODATA / "reference").glob("*.csv")}
    rows = {name for name in tables if f"| `reference/{name}` |" in told}
    assert rows == tables


def test_the_shipped_data_is_small():
    assert sum(path.stat().st_size for path in GEODATA.rglob("*")) < 3_000_000
