"""The import of a roster in real Chromium: reached by keyboard, and nothing for axe to find."""

from collections.abc import Callable
from typing import Any


def test_the_roster_to_import_is_a_clean_page_reached_by_keyboard(
    visit: Callable[..., Any], districts: dict[str, int], axe: None
) -> None:
    watched = visit("planner", f"/d/{districts['toy']}/staffing")
    page = watched.page
    page.get_by_role("link", name="Import", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**tab=import**")
    assert page.get_by_label("Workbook (.xlsx)").is_visible()
    assert watched.violations() == []
    watched.assert_clean()
