"""From a finding to its cells on the map, in real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest

READY = "() => performance.getEntriesByName('gridmap:ready').length"


def settle(page: Any) -> None:
    page.wait_for_load_state("load")
    page.wait_for_function(READY)


def test_a_click_on_a_finding_selects_its_worst_cell_on_the_map_and_in_the_table(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/grid")
    page = watched.page
    settle(page)
    page.locator("a[data-finding]").filter(has_text="no post of their own").click()
    page.wait_for_url("**/grid?finding=3**")
    settle(page)
    assert page.locator("tr[data-cell-id]").count() == 2
    marked = page.locator("tr[aria-current=true]")
    marked.wait_for()
    assert marked.get_attribute("data-cell-id") == "ne"
    # Selected on the map: its panel tells of the cell, and leads to the cell sheet.
    assert page.locator(".map-panel-body, .gridmap-map").first.is_visible()
    sheet = page.locator(f"a[href='/d/{districts['toy']}/cells/ne']")
    assert sheet.count() >= 2
    page.locator("tr[data-cell-id=se]").locator("td").first.click()
    page.wait_for_function("() => location.hash.includes('cell=se')")
    assert page.locator("tr[aria-current=true]").get_attribute("data-cell-id") == "se"
    page.go_back()
    watched.assert_clean()


def test_back_leads_from_the_finding_to_the_whole_grid(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/grid")
    settle(watched.page)
    watched.page.locator("a[data-finding]").last.click()
    watched.page.wait_for_url("**finding=**")
    watched.page.go_back()
    watched.page.wait_for_url(lambda address: "finding" not in address)
    assert watched.page.locator("tr[data-cell-id]").count() == 4


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("query", ["", "?finding=1"])
def test_the_page_is_clean_and_fits(
    visit: Callable[..., Any], districts: dict[str, int], axe: None, size: str, query: str
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/grid{query}", size)
    settle(watched.page)
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()
    assert watched.violations() == []


def test_the_page_is_readable_in_the_dark(
    visit: Callable[..., Any], districts: dict[str, int], axe: None
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/grid?finding=1", color_scheme="dark")
    settle(watched.page)
    assert watched.violations() == []
