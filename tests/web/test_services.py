"""Pages of services: every type, one type, and what serves a cell; who may see what of it."""

import json
import re

import pytest

ENGLISH = {"Accept-Language": "en"}


def page(browser, path):
    return " ".join(browser.get(path, headers=ENGLISH).text.replace("\u202f", " ").split())


def charts(text):
    found = re.findall(
        r'<figure class="chart.*?<script type="application/json">(.*?)</script>', text
    )
    return {one["kind"]: one for one in map(json.loads, found)}


def test_the_overview_tells_every_type_and_the_least_served_in_its_first_line(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services")
    assert "facility types have nine in ten of 500 people within their norm on foot" in text
    assert "the least served is health station with <strong>60.0 %</strong>" in text
    assert "types have no open site in the data" in text


def test_types_without_a_site_come_last_and_are_not_called_zero(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services")
    rows = re.findall(r"<tr> <th scope=\"row\">.*?</tr>", text)
    assert [("no site" in row) for row in rows[:3]] == [False, False, True]
    assert all("no site" in row for row in rows[2:])


def test_a_ratio_that_is_met_stands_beside_the_people_it_leaves_out(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services")
    row = next(one for one in text.split("<tr>") if "type=health_station" in one)
    assert "one health station for 2 to 3 communities" in row
    assert 'class="status met"' in row
    assert "met, and yet 200 people are not served" in row


@pytest.mark.parametrize(
    ("sort", "order", "first"), [("type", "asc", "activity"), ("served_share", "desc", "pharmacy")]
)
def test_the_overview_is_sorted_as_the_address_says(site, signed_in, sort, order, first):
    text = page(signed_in("planner"), f"/d/{site.toy}/services?sort={sort}&order={order}")
    assert first in text.split("<tbody>")[1].split("</tr>")[0]


def test_each_cell_of_the_table_leads_to_its_type_and_measure(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services")
    address = f"/d/{site.toy}/services?type=pharmacy&amp;measure=walk_p90_m"
    assert address in text
    told = page(signed_in("planner"), address.replace("&amp;", "&"))
    assert '<option value="walk_p90_m" selected>' in told


def test_the_curve_of_a_type_counts_the_people_on_paper(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services?type=pharmacy")
    told = charts(text)
    walk = dict(map(tuple, (p[:2] for p in told["line"]["series"][0]["points"])))
    assert (walk[100], walk[300], walk[400]) == (0.4, 0.92, 1.0)
    assert told["line"]["marks"][0]["at"] == 500
    assert sum(people for _, people in told["bar"]["series"][0]["points"]) == 500
    assert {"line", "bar", "lorenz"} == set(told)


def test_sites_are_told_apart_by_what_they_are_on_the_day(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services?type=pharmacy")
    states = re.findall(r'site-state (\w+)">', text)
    assert states == ["open", "planned"]


def test_reached_ground_has_its_own_legend_and_is_not_called_a_share(site, signed_in):
    text = page(signed_in("planner"), f"/d/{site.toy}/services?type=pharmacy&measure=reached")
    for words in ("within 5 minutes (400 m)", "within 15 minutes (1 200 m)", "within the norm"):
        assert words in text
    assert "It is not a share of people" in text


def test_the_sheet_of_a_cell_lists_what_serves_it_with_the_walk(site, signed_in):
    for role in ("planner", "worker"):
        text = page(signed_in(role), f"/d/{site.toy}/cells/nw")
        part = text.split('id="serving"')[1].split("</section>")[0]
        row = next(one for one in part.split("<tr>") if "pharmacy" in one)
        assert "North Pharmacy" in row
        assert "100 m" in row
        assert 'site-state planned"' in row
        assert "pharmacy within 500 m on foot" in row


@pytest.mark.parametrize("role", ["worker", "liaison", "admin"])
def test_where_people_live_who_are_not_served_is_for_planners(site, signed_in, role):
    path = f"/tiles/{site.toy}/unserved/14/0/0.pbf"
    assert signed_in("planner").get(path).status_code == 200
    assert signed_in(role).get(path).status_code == 403


def test_hostile_names_of_sites_are_shown_as_they_are(site, signed_in):
    from markupsafe import escape

    from tests.web.conftest import HOSTILE

    text = signed_in("planner").get(f"/d/{site.hostile}/services?type=pharmacy").text
    assert str(escape(HOSTILE)) in text
    assert "<img src=x" not in text
