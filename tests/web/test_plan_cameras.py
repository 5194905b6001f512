"""The page of camera plans over HTTP."""

import json

import pytest

pytestmark = pytest.mark.store


def page(browser, site, **asked):
    return browser.get(f"/d/{site.toy}/plan/cameras", query_string=asked)


def test_without_a_number_the_page_offers_the_choices(site, signed_in):
    text = page(signed_in("liaison"), site).text
    assert "Say how many cameras you have" in text
    assert 'name="count"' in text and "plan-wire" not in text


def test_a_plan_has_a_table_of_changes_cells_before_and_after_and_its_certainty(site, signed_in):
    answer = page(signed_in("liaison"), site, count=2, reaim=1)
    assert answer.status_code == 200
    assert "2 cameras added" in answer.text
    assert "Proved: no other choice" in answer.text
    assert "Cells before and after" in answer.text and "Façades of homes seen" in answer.text
    wire = answer.text.split('id="plan-wire">')[1].split("</script>")[0]
    told = json.loads(wire)
    assert [one["properties"]["change"] for one in told["places"]].count("add") == 2


def test_a_plan_for_a_community_stays_in_it(site, signed_in):
    west, all_ = (
        page(signed_in("liaison"), site, count=1, area=area) for area in ("110101001001", "")
    )
    assert west.status_code == all_.status_code == 200
    assert west.text.count("data-cell-id") < all_.text.count("data-cell-id")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": "many"}, "Expected a number from 0 to 60"),
        ({"count": "-1"}, "Expected a number from 0 to 60"),
        ({"count": "nan"}, "Expected a number from 0 to 60"),
        ({"count": "0"}, "Nothing to plan"),
        ({"count": "1", "level": "monitor"}, "Expected level among"),
        ({"count": "1", "model": "brand-x"}, "Expected model among"),
        ({"count": "1", "area": "nowhere"}, "No cells belong to a community"),
        ({"count": "60"}, "at most as many cameras as mounts"),
    ],
)
def test_what_cannot_be_planned_is_said_on_the_page_and_the_form_stays(
    site, signed_in, asked, words
):
    answer = page(signed_in("liaison"), site, **asked)
    assert answer.status_code == 200
    assert words in answer.text and 'role="alert"' in answer.text
    assert 'name="count"' in answer.text


def test_the_export_has_place_azimuth_and_figures(site, signed_in):
    address = f"/d/{site.toy}/plan/cameras.geojson"
    answer = signed_in("liaison").get(address, query_string={"count": 1})
    told = json.loads(answer.text)
    assert answer.mimetype == "application/geo+json"
    assert told["plan"]["status"] == "optimal"
    (new,) = [one for one in told["features"] if one["properties"]["change"] == "add"]
    lon, lat = new["geometry"]["coordinates"]
    assert 100 < lon < 130 and 35 < lat < 45
    assert new["properties"]["heading_deg"] % 30 == 0
    assert signed_in("liaison").get(address).status_code == 400


def test_only_liaisons_plan_cameras(site, signed_in):
    for role in ("worker", "planner", "admin"):
        assert page(signed_in(role), site, count=1).status_code == 403
