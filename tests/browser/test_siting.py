"""The siting assistant in real Chromium: asked, answered, worked out beside, tried on."""

import json

import pytest
from sqlalchemy import text

QUESTION = "type=pharmacy&objective=mclp&norm=250&count=1&source=streets"
READY = "html[data-siting=ready]"


@pytest.fixture
def large(web_store, districts):
    """The toy district counts as one that is worked out beside the page."""
    owner, toy = web_store[0].owner, districts["toy"]
    order = text("UPDATE districts SET counts = CAST(:counts AS jsonb) WHERE id = :one")
    with owner.begin() as connection:
        read = text("SELECT counts FROM districts WHERE id = :one")
        before = connection.scalar(read, {"one": toy})
        many = json.dumps({**before, "roads": 1_000_000})
        connection.execute(order, {"counts": many, "one": toy})
    yield
    with owner.begin() as connection:
        connection.execute(order, {"counts": json.dumps(before), "one": toy})


def test_a_planner_asks_by_the_form_and_goes_on_to_a_scenario(visit, districts):
    watched = visit("planner", f"/d/{districts['toy']}/plan/sites")
    page = watched.page
    page.select_option('select[name="type"]', "pharmacy")
    assert page.input_value('input[name="norm"]') == "500"
    assert "working assumption" in page.locator("#norm-said").inner_text()
    page.fill('input[name="norm"]', "250")
    page.fill('input[name="count"]', "1")
    page.select_option('select[name="source"]', "streets")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_selector(READY, timeout=90_000)
    assert "Proved best" in page.locator(".siting-sure").inner_text()
    assert "budget=" not in page.url and "count=1" in page.url
    assert page.locator(".siting-spot.chosen.leaflet-marker-icon").count() == 1
    page.locator("#siting-chosen tr[data-number]").hover()
    assert page.locator(".leaflet-marker-icon.siting-spot.lit").count() == 1
    assert watched.violations() == []
    page.get_by_role("button", name="Try as a scenario").click()
    page.wait_for_url("**/scenarios/*", timeout=60_000)
    assert "pharmacy: 1 new site" in page.content()
    page.go_back()
    page.wait_for_selector(READY)
    watched.assert_clean()


def test_a_point_of_the_curve_asks_for_that_many_sites(visit, districts):
    watched = visit("planner", f"/d/{districts['toy']}/plan/sites?{QUESTION}")
    page = watched.page
    page.wait_for_selector(READY, timeout=90_000)
    chart = page.locator("#siting-frontier figure")
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("#siting-frontier figure[data-drawn]", timeout=30_000)
    place = chart.locator(".chart-place")
    place.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**count=2**")
    page.wait_for_selector(READY)
    page.go_back()
    page.wait_for_url("**count=1**")
    watched.assert_clean()


@pytest.mark.usefixtures("large")
def test_long_work_tells_of_its_progress_and_shows_its_answer_by_itself(visit, districts):
    asked = QUESTION.replace("norm=250", "norm=255")
    watched = visit("planner", f"/d/{districts['toy']}/plan/sites?{asked}")
    page = watched.page
    assert page.locator(".job-said").count() == 1
    assert page.get_by_role("button", name="Stop").count() == 1
    page.wait_for_selector(READY, timeout=120_000)
    assert "Proved best" in page.locator(".siting-sure").inner_text()
    assert page.locator(".job-said").count() == 0
    watched.assert_clean()


@pytest.mark.usefixtures("large")
def test_long_work_is_stopped_and_begun_again(visit, districts):
    asked = QUESTION.replace("norm=250", "norm=265")
    watched = visit("planner", f"/d/{districts['toy']}/plan/sites?{asked}")
    page = watched.page
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Work it out again").click(timeout=60_000)
    page.wait_for_selector(READY, timeout=120_000)
    watched.assert_clean()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_phone_shows_the_plan_and_the_form_without_scrolling_sideways(visit, districts, look):
    path = f"/d/{districts['toy']}/plan/sites?{QUESTION}"
    watched = visit("planner", path, "phone", color_scheme=look)
    page = watched.page
    page.wait_for_selector(READY, timeout=90_000)
    page.locator(".siting-ask > summary").click()
    assert page.get_by_role("button", name="Plan", exact=True).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert watched.violations() == []
    watched.assert_clean()


def test_what_cannot_be_planned_is_said_beside_its_field(visit, districts):
    asked = QUESTION.replace("norm=250", "norm=-5")
    watched = visit("planner", f"/d/{districts['toy']}/plan/sites?{asked}")
    page = watched.page
    assert "above 0 m" in page.locator('[role="alert"]').inner_text()
    assert page.input_value('input[name="norm"]') == "-5"
    assert watched.violations() == []
    watched.assert_clean()
