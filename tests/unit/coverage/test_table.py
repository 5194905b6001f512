import numpy as np
import pytest

from gridmap import schema
from gridmap.coverage import gather
from gridmap.errors import InputError
from gridmap.rows import coverage_rows
from gridmap.samples import toy_district

CELLS = toy_district()["cells"]


def test_rows_of_all_dimensions_come_in_one_order_and_the_columns_of_the_schema():
    a = coverage_rows(["se", "nw"], "b.walk_share", value=1.0)
    b = coverage_rows(["se"], "patrol.presence", value=1.0, window="day@2026-03-02")
    table = gather({"services": a, "patrol": b}, CELLS)
    assert list(table.columns) == list(schema.layer("coverage").columns)
    assert table["dimension"].tolist() == ["patrol", "services", "services"]
    assert table["cell_id"].tolist() == ["se", "nw", "se"]
    assert table["window"].tolist() == ["day@2026-03-02", "", ""]


def test_no_dimension_makes_an_empty_table_with_all_columns():
    assert list(gather({}, CELLS).columns) == list(schema.layer("coverage").columns)


def test_every_fault_is_named_at_once():
    rows = coverage_rows(["nw", "nw", "mars"], "x", status=["met", "met", "green"])
    with pytest.raises(InputError) as told:
        gather({"staffing": rows}, CELLS)
    for part in ("does not have: mars x", "more than one row", "found green"):
        assert part in str(told.value)


def test_a_row_that_asks_for_nothing_names_no_rule():
    rows = coverage_rows(
        ["nw", "ne"], "x.walk_share", value=0.5, required=[1.0, np.nan], rule="r", source="s",
        status=["partly", "not_due"],
    )  # fmt: skip
    table = gather({"services": rows}, toy_district()["cells"]).set_index("cell_id")
    assert table.loc["nw", ["rule", "source"]].tolist() == ["r", "s"]
    assert table.loc["ne", ["rule", "source"]].isna().all()
