"""Edits of a grid: drawn cases with numbers from paper, and every refusal by its words."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.errors import CRSError, FileFormatError, InputError
from gridmap.grid.carry import carry_duties, carry_measures
from gridmap.grid.code_rules import code_rules, read_code_rules
from gridmap.grid.communities import merge_communities
from gridmap.grid.editions import make_edition
from gridmap.grid.edits import adjust_border, merge_cells, reshape_cells, split_cell
from gridmap.grid.lineage import trace_lineage
from gridmap.grid.numbering import Numbering, recode_cells
from gridmap.samples import EAST, TOY_CRS, WEST, at, box, line, toy_district

DAY = dt.date(2026, 7, 1)
TOY = toy_district()
CELLS = TOY["cells"]


def test_people_go_where_they_live():
    cut = line((100, 0), (100, 200))
    even = split_cell(CELLS, "sw", DAY, line=cut)
    lived = split_cell(CELLS, "sw", DAY, line=cut, weights=TOY["population"])
    # all 100 people of sw live at (150, 50), east of the cut
    assert even.cells.population.tolist()[-2:] == [50.0, 50.0]
    assert lived.cells.population.tolist()[-2:] == [0.0, 100.0]


@pytest.mark.parametrize(("before", "after"), [(97, 56), (22, 14), (27, 21)])
def test_communities_that_were_merged_keep_cells_households_and_ground(before, after):
    """Real cases, here as a row of squares in groups of two and singles."""
    codes = [f"1101010010{n:02}" for n in range(before)]
    squares = [box(100 * n, 0, 100 * n + 100, 100) for n in range(before)]
    communities = gpd.GeoDataFrame(
        {"code": codes, "name": codes, "street_code": None, "street_name": None,
         "valid_from": pd.NaT, "valid_to": pd.NaT}, geometry=squares, crs=TOY_CRS,
    )  # fmt: skip
    names = [code + "001" for code in codes]
    cells = gpd.GeoDataFrame(
        {"cell_id": names, "code": names, "community_code": codes, "name": names, "kind": "basic",
         "households": 10.0, "population": 25.0, "grid_version": "v1", "valid_from": pd.NaT,
         "valid_to": pd.NaT}, geometry=squares, crs=TOY_CRS,
    )  # fmt: skip
    pairs = before - after
    into = {codes[2 * n + 1]: codes[2 * n] for n in range(pairs)}
    edit = merge_communities(cells, communities, into, DAY)
    assert len(edit.communities) == after
    assert len(edit.past_communities) == 2 * pairs
    assert edit.grid.lineage.kind.value_counts().to_dict() == {"same": after, "recode": pairs}
    assert edit.grid.cells.households.sum() == 10.0 * before
    assert edit.grid.cells.code.is_unique
    assert (edit.grid.cells.code.str[:12] == edit.grid.cells.community_code).all()
    assert edit.communities.area.sum() == pytest.approx(before * 10_000)


def test_a_new_community_has_its_cells_counted_from_west_to_east():
    edit = merge_communities(
        CELLS, TOY.communities, {WEST: "110101001009", EAST: "110101001009"}, DAY,
        names={"110101001009": "Both"},
    )  # fmt: skip
    told = edit.grid.cells.set_index("name")["code"].str[12:].to_dict()
    assert told == {
        "North-west": "001",
        "North-east": "002",
        "South-west": "003",
        "South-east": "004",
    }
    assert edit.communities.name.tolist() == ["Both"]


def test_merged_units_are_numbered_from_601_in_the_variant_of_twenty_digits():
    rule = code_rules()["cell-20"]
    coded = recode_cells(CELLS, DAY, numbering=Numbering(rule)).cells
    assert sorted(coded.code)[0] == "11010100100100100000"
    edit = merge_cells(coded, ["nw", "sw"], DAY)
    assert edit.cells.code.iloc[-1] == "11010100100160100000"


def test_a_retired_code_is_given_again_only_when_asked():
    once = merge_cells(CELLS, ["nw", "sw"], DAY)
    used = frozenset(CELLS.code)
    kept = recode_cells(once.cells, DAY, communities=[WEST], numbering=Numbering(used=used))
    again = recode_cells(
        once.cells, DAY, communities=[WEST], numbering=Numbering(used=used, reuse=True)
    )
    assert kept.cells.code.iloc[-1].endswith("004")
    assert again.cells.code.iloc[-1].endswith("001")


def test_a_community_without_an_official_code_names_its_cells_by_itself():
    cells = CELLS.assign(
        community_code="Töölö", code=None, cell_id=[f"Töölö-{n:03}" for n in range(1, 5)]
    )
    edit = merge_cells(cells, ["Töölö-001", "Töölö-002"], DAY)
    assert edit.cells.cell_id.iloc[-1] == "Töölö-005"
    assert pd.isna(edit.cells.code.iloc[-1])


def test_unknown_stays_unknown_when_carried():
    coverage = pd.DataFrame(
        {"cell_id": ["nw", "sw"], "grid_version": "toy-1", "dimension": "patrol",
         "measure": "patrol.presence", "window": "day@2026-03-02", "value": [9.0, 1.0],
         "required": [2.0, 2.0], "unit": "min", "status": ["met", "unknown"],
         "shortfall": [0.0, 1.0], "weight": [1.0, 1.0], "quality": "good", "reason": None,
         "rule": "r", "source": "s"}
    )  # fmt: skip
    found = carry_measures(coverage, merge_cells(CELLS, ["nw", "sw"], DAY).lineage)
    assert found[["value", "required", "status"]].values.tolist() == [[10.0, 4.0, "unknown"]]


def test_both_posts_of_a_merge_are_named():
    duties = TOY["duties"].assign(post_id=["p1", "p2", "p2", "p3"])
    _, findings = carry_duties(duties, merge_cells(CELLS, ["nw", "sw"], DAY).lineage)
    assert [one.rule for one in findings] == ["two_accountable_posts"]


REFUSED = {
    "No cell in force is called zz": lambda: merge_cells(CELLS, ["nw", "zz"], DAY),
    "takes two cells": lambda: merge_cells(CELLS, ["nw"], DAY),
    "Merge the communities first": lambda: merge_cells(CELLS, ["nw", "ne"], DAY),
    "does not cut cell sw": lambda: split_cell(CELLS, "sw", DAY, line=line((300, 0), (300, 90))),
    "and 100.0 m of it lie inside": lambda: split_cell(
        CELLS, "sw", DAY, line=line((50, 100), (150, 100))
    ),
    "10000.0 m² are in no part": lambda: split_cell(
        CELLS, "sw", DAY, parts=[box(0, 0, 100, 200), box(100, 0, 200, 100)]
    ),
    "lie outside the cell": lambda: split_cell(
        CELLS, "sw", DAY, parts=[box(0, 0, 100, 210), box(100, 0, 200, 200)]
    ),
    "are in two parts": lambda: split_cell(
        CELLS, "sw", DAY, parts=[box(0, 0, 110, 200), box(100, 0, 200, 200)]
    ),
    "either a line or parts": lambda: split_cell(CELLS, "sw", DAY),
    "one line": lambda: split_cell(CELLS, "sw", DAY, line=at(1, 1)),
    "two parts or more": lambda: split_cell(CELLS, "sw", DAY, parts=[box(0, 0, 200, 200)]),
    "lies in cell sw with 0.0 m²": lambda: adjust_border(
        CELLS, "sw", "nw", box(300, 300, 310, 310), DAY
    ),
    "is all of cell sw": lambda: adjust_border(CELLS, "sw", "nw", box(0, 0, 200, 200), DAY),
    "does not touch cell nw": lambda: adjust_border(CELLS, "sw", "nw", box(0, 0, 50, 50), DAY),
    "found sw twice": lambda: adjust_border(CELLS, "sw", "sw", box(0, 0, 50, 50), DAY),
    "nw 40000.0 m² lie in no cell of the other grid, or in two": lambda: reshape_cells(
        CELLS, {"nw": box(0, 0, 200, 400)}, DAY
    ),
    "nw 20000.0 m² lie in no cell": lambda: reshape_cells(
        CELLS, {"nw": box(0, 300, 200, 400)}, DAY
    ),
    "would go to another community": lambda: reshape_cells(
        CELLS, {"nw": box(0, 200, 210, 400), "ne": box(210, 200, 400, 400)}, DAY
    ),
    "codes 110101001002001 are in use": lambda: recode_cells(
        CELLS, DAY, codes={"nw": f"{EAST}001"}
    ),
    "is never given twice": lambda: recode_cells(
        CELLS, DAY, codes={"nw": f"{WEST}008"}, numbering=Numbering(used=frozenset({f"{WEST}008"}))
    ),
    "given twice": lambda: recode_cells(CELLS, DAY, codes={"nw": f"{WEST}008", "sw": f"{WEST}008"}),
    "a cell code is 15 digits": lambda: recode_cells(CELLS, DAY, codes={"nw": "17"}),
    "No community in force is called 999": lambda: merge_communities(
        CELLS, TOY.communities, {"999": WEST}, DAY
    ),
    "began on 2026-08-01": lambda: merge_cells(
        CELLS.assign(valid_from=pd.Timestamp("2026-08-01")), ["nw", "sw"], DAY
    ),
    "several are called nw": lambda: trace_lineage(CELLS.assign(cell_id="nw"), CELLS, DAY),
    "expected 'area'|by one of area": lambda: carry_measures(
        CELLS, trace_lineage(CELLS, CELLS, DAY), "luck"
    ),
    "has 0 serials left": lambda: code_rules()["cell-15"].free_serials(WEST, 1, range(1000)),
}


@pytest.mark.parametrize("words", list(REFUSED))
def test_what_cannot_be_done_is_refused_in_words_and_changes_nothing(words):
    before = CELLS.copy()
    with pytest.raises(InputError, match=words):
        REFUSED[words]()
    assert CELLS.equals(before)


def test_cells_apart_are_not_merged():
    cells = CELLS.assign(community_code=WEST)
    with pytest.raises(InputError, match="se lies apart from nw"):
        merge_cells(cells, ["nw", "se"], DAY)


def test_degrees_are_refused():
    with pytest.raises(CRSError, match="metric"):
        trace_lineage(CELLS.to_crs(4326), CELLS.to_crs(4326), DAY)


def test_a_second_edition_on_one_day_has_a_name_of_its_own():
    first = make_edition(CELLS, CELLS, DAY)
    assert make_edition(first.cells, first.cells, DAY).cells.grid_version.iloc[0] == "2026-07-01-2"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("rule,part\nx,county\n", FileFormatError, "missing: position"),
        (
            "rule,position,part,digits,first,last,merged_first,order\nx,1,county,5,,,,\n",
            InputError,
            "expects county 6",
        ),
        (
            "rule,position,part,digits,first,last,merged_first,order\n"
            "x,1,county,6,,,,\nx,2,street,3,,,,\nx,3,community,3,,,,\n"
            "x,4,serial,3,9,2000,5,east\n",
            InputError,
            "1 ≤ first < merged_first.*order",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused(tmp_path, text, error, words):
    file = tmp_path / "rules.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_code_rules(file)
