"""Services in real Chromium: from the table of types to one type, its ground, charts and a cell."""

from collections.abc import Callable
from typing import Any

import pytest

READY = "() => performance.getEntriesByName('gridmap:ready').length"


def settle(page: Any) -> None:
    page.wait_for_load_state("load")
    page.wait_for_function(READY)


def draw_charts(page: Any) -> None:
    for figure in page.locator("figure[data-chart]").all():
        figure.scroll_into_view_if_needed()
        figure.locator("svg path").first.wait_for(state="attached")


def test_from_the_table_to_a_type_on_the_map_to_the_ground_within_reach_and_back(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/services")
    page = watched.page
    page.get_by_role("link", name="pharmacy").first.click()
    page.wait_for_url("**type=pharmacy**")
    settle(page)
    assert "live within 500" in page.locator(".sentence").inner_text()
    page.select_option("select[name=measure]", "reached")
    page.wait_for_url("**measure=reached**")
    settle(page)
    legend = page.locator(".map-legend").inner_text()
    assert "within 5 minutes" in legend
    assert "estimated" not in legend
    page.go_back()
    page.wait_for_url(lambda address: "reached" not in address)
    draw_charts(page)
    watched.assert_clean()


def test_a_row_selects_its_cell_on_the_map_and_unserved_homes_are_a_layer(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/services?type=health_station")
    page = watched.page
    settle(page)
    row = page.locator("tr[data-cell-id]").first
    cell = row.get_attribute("data-cell-id")
    row.locator("td").first.click()
    page.wait_for_function(f"() => location.hash.includes('cell={cell}')")
    page.locator(".map-layers summary").click()
    with page.expect_response(lambda answer: "unserved" in answer.url) as answered:
        page.get_by_role("checkbox", name="Where people are not served").check()
    assert answered.value.ok
    watched.assert_clean()


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize(
    "path", ["services", "services?type=pharmacy", "services?type=pharmacy&measure=catchments"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_clean_and_fit(
    visit: Callable[..., Any],
    districts: dict[str, int],
    axe: None,
    size: str,
    path: str,
    scheme: str,
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/{path}", size, color_scheme=scheme)
    if "type" in path:
        settle(watched.page)
        draw_charts(watched.page)
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.violations() == []
    watched.assert_clean()


def test_the_sheet_of_a_cell_tells_what_serves_it(
    visit: Callable[..., Any], districts: dict[str, int], axe: None
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/cells/nw", "phone")
    settle(watched.page)
    serving = watched.page.locator("#serving")
    assert "North Pharmacy" in serving.inner_text()
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.violations() == []
    serving.get_by_role("link", name="pharmacy").click()
    watched.page.wait_for_url("**/services?type=pharmacy&cell=nw**")
    watched.assert_clean()
