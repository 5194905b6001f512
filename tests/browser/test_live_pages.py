"""Every role's pages on the running application, in real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest

PAGES = {
    "worker": ("my-cells", "my-cells/map", "gaps", "cells/nw"),
    "planner": (
        "overview",
        "services",
        "services?type=pharmacy",
        "staffing",
        "patrol",
        "gaps",
        "cells/ne",
    ),
    "liaison": ("overview", "patrol", "patrol/map", "cameras", "gaps", "cells/sw"),
    "admin": ("overview", "gaps", "users", "audit"),
}
WITH_A_MAP = (
    ("worker", "my-cells/map"),
    ("planner", "services?type=pharmacy"),
    ("planner", "staffing"),
    ("liaison", "patrol/map"),
    ("liaison", "cameras"),
    ("planner", "gaps"),
)
EVERY_PAGE = [(role, page) for role, pages in PAGES.items() for page in pages]
READY = "() => performance.getEntriesByName('gridmap:ready').length"


def path_of(districts: dict[str, int], page: str, district: str = "toy") -> str:
    number = districts[district]
    return f"/{page}" if page in {"users", "audit"} else f"/d/{number}/{page}"


def settle(page: Any) -> None:
    """Wait until the map, if the page shows one, is drawn."""
    page.wait_for_load_state("load")
    if page.locator(".gridmap-map").is_visible():
        page.wait_for_function(READY)


def click_map(page: Any, right: float, down: float) -> None:
    """Click beside the middle of the map, by a share of its smaller side."""
    page.locator(".gridmap-map").scroll_into_view_if_needed()
    box = page.locator(".gridmap-map").bounding_box()
    side = min(box["width"], box["height"])
    page.mouse.click(
        box["x"] + box["width"] / 2 + right * side, box["y"] + box["height"] / 2 + down * side
    )


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize(("role", "page"), EVERY_PAGE)
def test_a_page_asks_only_this_machine_and_leaves_the_console_empty(
    visit: Callable[..., Any], districts: dict[str, int], role: str, page: str, size: str
) -> None:
    watched = visit(role, path_of(districts, page), size)
    settle(watched.page)
    assert watched.page.locator("h1").count() == 1
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("role", "page"), EVERY_PAGE)
def test_axe_finds_nothing_serious(
    visit: Callable[..., Any],
    districts: dict[str, int],
    axe: None,
    role: str,
    page: str,
    scheme: str,
) -> None:
    watched = visit(role, path_of(districts, page), color_scheme=scheme)
    settle(watched.page)
    assert watched.violations() == []


@pytest.mark.parametrize(("role", "page"), [("worker", "my-cells"), ("worker", "my-cells/map")])
def test_axe_finds_nothing_serious_on_the_phone(
    visit: Callable[..., Any], districts: dict[str, int], axe: None, role: str, page: str
) -> None:
    watched = visit(role, path_of(districts, page), "phone")
    settle(watched.page)
    assert watched.violations() == []


@pytest.mark.parametrize(("role", "page"), WITH_A_MAP)
def test_a_clicked_cell_opens_its_details_with_a_link_to_its_sheet(
    visit: Callable[..., Any], districts: dict[str, int], role: str, page: str
) -> None:
    watched = visit(role, path_of(districts, page))
    settle(watched.page)
    # The worker's map holds one cell in the middle; the others the four that meet there.
    click_map(watched.page, *((0.0, 0.0) if role == "worker" else (-0.16, -0.1)))
    details = watched.page.locator(".map-details")
    details.wait_for()
    sheet = details.get_by_role("link")
    sheet.wait_for()
    assert details.locator("h2").inner_text() == "North-west"
    assert "cell=nw" in watched.page.url
    sheet.click()
    watched.page.wait_for_url("**/cells/nw*")
    watched.assert_clean()


def test_a_row_and_its_cell_highlight_each_other(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", path_of(districts, "services?type=pharmacy"))
    page = watched.page
    settle(page)
    page.evaluate(
        "document.addEventListener('gridmap:hover', (e) => { window.told = e.detail.cell_id; })"
    )
    page.locator('tr[data-cell-id="ne"]').hover()
    assert page.evaluate("window.told") == "ne"
    click_map(page, -0.16, -0.1)
    page.locator('tr[data-cell-id="nw"][aria-current="true"]').wait_for()
    page.locator('tr[data-cell-id="ne"] td').last.click()
    page.locator('tr[data-cell-id="ne"][aria-current="true"]').wait_for()
    page.locator(".map-details h2", has_text="North-east").wait_for()
    page.go_back()
    page.locator(".map-details h2", has_text="North-west").wait_for()
    watched.assert_clean()


def test_a_link_sent_to_a_colleague_opens_the_same_cell(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"{path_of(districts, 'services?type=pharmacy')}#cell=se")
    settle(watched.page)
    watched.page.locator(".map-details h2", has_text="South-east").wait_for()
    watched.page.locator(".map-details").get_by_role("link").wait_for()
    watched.assert_clean()


@pytest.mark.parametrize("page", ["services?type=pharmacy", "gaps", "staffing", "cells/ne"])
def test_hostile_names_from_the_database_stay_text(
    visit: Callable[..., Any], districts: dict[str, int], page: str
) -> None:
    watched = visit("planner", path_of(districts, page, "hostile"))
    shown = watched.page
    shown.on("dialog", lambda dialog: watched.console.append(f"dialog: {dialog.message}"))
    settle(shown)
    if page != "cells/ne":
        click_map(shown, 0.16, -0.1)
        shown.locator(".map-details h2", has_text="${alert(1)}</script>").wait_for()
    assert shown.locator("img[src='x']").count() == 0
    watched.assert_clean()


def test_a_signed_out_reader_is_asked_to_sign_in_without_anything_foreign(
    open_page: Callable[..., Any], address: str, axe: None
) -> None:
    watched = open_page("phone", locale="en-GB")
    watched.page.goto(f"{address}/")
    watched.page.wait_for_url(lambda url: "/login" in url)
    assert watched.violations() == []
    watched.assert_clean()


def test_the_layers_of_a_liaison_show_cameras_and_a_planner_is_not_offered_them(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    liaison = visit("liaison", path_of(districts, "cameras"))
    settle(liaison.page)
    liaison.page.locator(".map-layers summary").click()
    assert liaison.page.locator(".map-layers").get_by_text("Cameras", exact=True).is_visible()
    planner = visit("planner", path_of(districts, "gaps"))
    settle(planner.page)
    planner.page.locator(".map-layers summary").click()
    assert planner.page.locator(".map-layers").get_by_text("Cameras", exact=True).count() == 0
    liaison.assert_clean()
    planner.assert_clean()


def test_a_tile_that_cannot_be_fetched_is_told_and_the_rest_is_drawn(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", "/account")
    page = watched.page
    page.route("**/base/**", lambda route: route.abort())
    page.goto(page.url.split("/account")[0] + path_of(districts, "services?type=pharmacy"))
    page.wait_for_function(READY)
    assert "could not be loaded" in page.locator(".map-lost").inner_text()


def test_what_is_unknown_is_hatched_although_it_has_a_lower_bound(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("liaison", path_of(districts, "patrol/map"))
    settle(watched.page)
    found = watched.page.evaluate(
        """() => {
          const view = JSON.parse(document.querySelector("[id$=_view]").textContent);
          const of = (status) => gridmap.classOf(view, { value: 0.1, status });
          return [of("unknown").pattern, of("partly").pattern];
        }"""
    )
    assert found == ["hatch", "plain"]
