import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.checks import check_district
from gridmap.samples import EAST, TOY_CRS, WEST, at, box, toy_district

DAY = dt.date(2025, 6, 1)
TOY = toy_district()


def found(rule, **layers):
    """The finding of one rule when the toy district has these layers."""
    findings = [one for one in check_district(TOY.with_layers(**layers), DAY) if one.rule == rule]
    assert len(findings) <= 1
    return findings[0] if findings else None


def changed(layer, column, row, value):
    frame = TOY[layer].copy()
    frame.loc[row, column] = value
    return {layer: frame}


def test_the_toy_district_has_no_faults_but_a_cell_without_its_own_post():
    findings = check_district(TOY, DAY)
    assert [(one.rule, one.ids) for one in findings] == [("no_accountable_post", ("se",))]


@pytest.mark.parametrize(
    ("layer", "start", "end", "name"),
    [
        ("cells", "valid_from", "valid_to", "nw"),
        ("sites", "opened_on", "closed_on", "s1"),
        ("duties", "valid_from", "valid_to", "p1 for nw"),
        ("shifts", "start", "end", "h1"),
    ],
)
def test_an_end_before_the_beginning_is_an_error(layer, start, end, name):
    frame = TOY[layer].copy()
    zone = "UTC" if layer == "shifts" else None
    frame.loc[0, start] = pd.Timestamp("2026-03-02", tz=zone)
    frame.loc[0, end] = pd.Timestamp("2026-03-01", tz=zone)
    finding = found("ends_before_it_begins", **{layer: frame})
    assert (finding.severity, finding.layer, finding.ids) == ("error", layer, (name,))


def test_an_unknown_community_is_named_with_the_nearest_code():
    finding = found("unknown_community", **changed("cells", "community_code", 0, WEST[:-1] + "9"))
    assert finding.ids == ("nw",)
    assert "did you mean '11010100100" in finding.found


def test_community_codes_must_be_unique():
    finding = found("duplicate_code", communities=TOY["communities"].assign(code=WEST))
    assert (finding.layer, finding.ids) == ("communities", (WEST,))


def test_communities_that_overlap_are_found_with_the_area():
    wide = TOY["communities"].copy()
    wide.loc[0, "geometry"] = box(0, 0, 210, 400)
    finding = found("communities_overlap", communities=wide)
    assert finding.ids == (WEST, EAST)
    assert "4000.0 m²" in finding.found


def test_cell_codes_are_unique_and_of_their_community():
    taken = TOY["cells"]["code"][2]
    assert found("duplicate_code", **changed("cells", "code", 0, taken)).ids == ("nw", "sw")
    foreign = found("code_of_another_community", **changed("cells", "code", 0, f"{EAST}009"))
    assert foreign.ids == ("nw",)


def test_a_code_may_be_used_again_after_its_cell_has_ended():
    cells = TOY["cells"].copy()
    cells.loc[0, "code"] = cells["code"][2]
    cells.loc[0, "valid_to"] = pd.Timestamp("2020-01-01")
    assert found("duplicate_code", cells=cells) is None


def test_duties_name_known_posts_and_cells():
    post = found("unknown_post", **changed("duties", "post_id", 0, "p9"))
    assert (post.severity, post.ids) == ("error", ("p9",))
    cell = found("unknown_cell", **changed("duties", "cell_id", 0, "nww"))
    assert cell.ids == ("nww",)
    assert "did you mean 'nw'" in cell.found


def test_a_duty_for_a_whole_community_is_no_fault():
    assert EAST in set(TOY["duties"]["cell_id"])
    assert found("unknown_cell") is None


def test_two_accountable_posts_on_the_same_day_are_found():
    more = pd.DataFrame({"post_id": ["p4"], "cell_id": ["nw"], "accountable": [True]})
    both = pd.concat([TOY["duties"], more], ignore_index=True)
    assert found("two_accountable_posts", duties=both).ids == ("nw",)
    both["valid_to"] = pd.to_datetime(["2026-01-01", None, None, None, None])
    both["valid_from"] = pd.to_datetime([None, None, None, None, "2026-01-01"])
    assert found("two_accountable_posts", duties=both) is None


def test_a_requirement_names_a_known_cell_asks_for_something_and_has_readable_weekdays():
    assert found("unknown_cell", **changed("requirements", "cell_id", 1, "nx")).ids == ("nx",)
    weekdays = found("unreadable_weekdays", **changed("requirements", "weekdays", 0, "Mo-Fr"))
    assert (weekdays.severity, weekdays.ids) == ("error", ("day of *",))
    idle = TOY["requirements"].assign(visits=None, minutes=0)
    assert found("nothing_required", requirements=idle).ids == ("day of *", "night of nw")


def test_fixes_lie_inside_a_known_shift():
    stray = found("unknown_shift", **changed("fixes", "shift_id", 0, "h9"))
    assert (stray.severity, stray.ids) == ("error", ("h9",))
    late = pd.Timestamp("2026-03-03T00:00:00Z")
    off = found("fix_outside_shift", **changed("fixes", "time", 0, late))
    assert "1 fixes" in off.found
    assert off.ids == ("h1",)


def test_an_unknown_site_type_is_named_with_the_nearest_code():
    finding = found("unknown_site_type", **changed("sites", "type", 0, "farmacy"))
    assert finding.ids == ("s1",)
    assert "did you mean 'pharmacy'" in finding.found


def test_cameras_inside_a_building_are_counted_and_named():
    inside = TOY["cameras"].copy()
    inside.loc[0, "geometry"] = at(40, 340)
    finding = found("camera_inside_building", cameras=inside)
    assert finding.ids == ("cam1",)
    assert "1 of 2 cameras" in finding.found


def test_rows_outside_the_boundary_are_found():
    sites = TOY["sites"].copy()
    sites.loc[1, "geometry"] = at(500, 500)
    assert found("outside_boundary", sites=sites).ids == ("s2",)
    people = gpd.GeoDataFrame(
        {"population": [1, 2]}, geometry=[box(300, 300, 500, 500), at(900, 0)], crs=TOY_CRS
    )
    finding = found("outside_boundary", population=people)
    assert (finding.severity, finding.ids) == ("note", ("row 2",))


def test_errors_come_first():
    findings = check_district(TOY.with_layers(**changed("duties", "post_id", 0, "p9")), DAY)
    assert [one.severity for one in findings] == ["error", "note"]


def test_a_bare_boundary_has_no_findings():
    assert check_district(type(TOY).of({"boundary": TOY["boundary"]}), DAY) == []
