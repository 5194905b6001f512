"""Who answers, asked by typing and by clicking the map; the parts of staffing, on both sizes."""

import pytest

READY = "() => performance.getEntriesByName('gridmap:ready').length"
PARTS = ("rules", "load", "absences", "suggestion")


def test_a_click_on_the_map_asks_who_answers_for_that_cell(visit, districts):
    watched = visit("planner", f"/d/{districts['toy']}/answers?on=2026-03-02")
    page = watched.page
    page.wait_for_function(READY)
    box = page.locator(".gridmap-map").bounding_box()
    side = min(box["width"], box["height"])
    page.mouse.click(
        box["x"] + box["width"] / 2 + 0.2 * side, box["y"] + box["height"] / 2 + 0.2 * side
    )
    page.wait_for_url("**?cell=se&on=2026-03-02*")
    assert (
        "community head p3, East, answers for South-east." in page.locator(".sentence").inner_text()
    )
    watched.assert_clean()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_typing_a_name_answers_on_the_day_asked(visit, districts, size):
    watched = visit("liaison", f"/d/{districts['toy']}/answers", size)
    page = watched.page
    page.fill("#ask-place input[name=q]", "North-east")
    page.fill("#ask-place input[name=on]", "2025-06-01")
    page.locator("#ask-place button").click()
    page.wait_for_url("**q=North-east**")
    assert "grid head p2" in page.locator(".sentence").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_serious_on_the_parts_of_staffing(visit, districts, axe, part, scheme):
    path = f"/d/{districts['toy']}/staffing?tab={part}&on=2025-06-01"
    watched = visit("planner", path, color_scheme=scheme)
    assert watched.violations() == []
    watched.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_someone_answers(visit, districts, axe, scheme):
    path = f"/d/{districts['toy']}/answers?cell=se&on=2026-03-02"
    watched = visit("planner", path, color_scheme=scheme)
    watched.page.wait_for_function(READY)
    assert watched.violations() == []
