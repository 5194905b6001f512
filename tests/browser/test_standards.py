"""From a rule to the units short of it, and from a unit to its cell on the map."""

from collections.abc import Callable
from typing import Any

import pytest

READY = "() => performance.getEntriesByName('gridmap:ready').length"


def settle(page: Any) -> None:
    page.wait_for_load_state("load")
    page.wait_for_function(READY)


def test_a_rule_leads_to_its_units_and_a_unit_to_its_cells_on_the_map(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/standards")
    page = watched.page
    settle(page)
    rule = page.get_by_role("link", name="a police room in every community")
    rule.first.click()
    page.wait_for_url("**rule=**")
    settle(page)
    assert "a police room in every community" in page.locator(".sentence").inner_text()
    unit = page.locator("tr[data-cell-id]").last
    cell = unit.get_attribute("data-cell-id")
    unit.locator("td").first.click()
    page.wait_for_function(f"() => location.hash.includes('cell={cell}')")
    assert page.locator(f"tr[data-cell-id='{cell}'][aria-current=true]").count() == 1
    page.go_back()
    watched.assert_clean()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_page_of_standards_is_clean_and_fits(
    visit: Callable[..., Any], districts: dict[str, int], axe: None, size: str
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/standards", size)
    settle(watched.page)
    assert watched.violations() == []
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()
