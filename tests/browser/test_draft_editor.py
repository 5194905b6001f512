"""A planner edits borders in real Chromium: figures change, undo, publish, nothing foreign."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gridmap.store import accounts
from tests.browser.conftest import served
from tests.web import conftest as web_tests

READY = "() => document.documentElement.dataset.draft === 'ready'"
WEST = "110101001001"


def begin(visit: Callable[..., Any], districts: dict[str, int], title: str, **options: Any) -> Any:
    """Open a new draft of the toy district, its western community chosen."""
    watched = visit("planner", f"/d/{districts['toy']}/grid/drafts", **options)
    page = watched.page
    page.get_by_label("Title of a new draft").fill(title)
    page.get_by_role("button", name="New draft").click()
    page.wait_for_url(lambda url: "/grid/drafts/" in url)
    page.goto(f"{page.url.split('?')[0]}?community={WEST}#chosen=nw")
    page.reload()
    page.wait_for_function(READY)
    return watched


def figure(page: Any, cell: str, column: int) -> str:
    return page.locator(f'#draft-cells tr[data-cell="{cell}"] td').nth(column).inner_text()


def drag(page: Any, handle: Any, right: float, down: float) -> None:
    """Drag a handle of the map by pixels, in steps as a hand does."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.25, 0.5, 0.75, 1.0):
        page.mouse.move(x + right * share, y + down * share)
    page.mouse.up()


def saved(page: Any, text: str = "Saved in the draft.") -> None:
    page.locator("#draft-status", has_text=text).wait_for()


def test_a_planner_moves_a_border_sees_both_cells_change_undoes_and_redoes(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = begin(visit, districts, "Bend")
    page = watched.page
    before = [figure(page, cell, 2) for cell in ("nw", "sw")]
    assert len(set(before)) == 1
    drag(page, page.locator(".marker-icon-middle").first, 0, -40)
    saved(page)
    after = [figure(page, cell, 2) for cell in ("nw", "sw")]
    assert after[0] != before[0] != after[1]
    assert page.locator(".draft-before").count() > 0
    assert "nw" in page.locator("#draft-chosen").inner_text()
    page.keyboard.press("Control+z")
    saved(page, "Taken back.")
    assert [figure(page, cell, 2) for cell in ("nw", "sw")] == before
    page.keyboard.press("Control+y")
    saved(page, "Done again.")
    assert [figure(page, cell, 2) for cell in ("nw", "sw")] == after
    watched.assert_clean()


def test_the_end_of_a_border_slides_and_a_corner_pulled_out_comes_back(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = begin(visit, districts, "Slide")
    page = watched.page
    ends = page.locator(".draft-corner.slide")
    assert ends.count() == 2
    drag(page, ends.first, 0, 30)
    saved(page)
    moved = figure(page, "nw", 2)
    drag(page, page.locator(".marker-icon-middle").first, 0, -25)
    page.wait_for_function(
        "() => document.querySelector('#draft-count strong').textContent === '2'"
    )
    bent = figure(page, "nw", 2)
    assert bent != moved
    inner = page.locator(".marker-icon:not(.marker-icon-middle)").nth(1)
    drag(page, inner, 300, 0)
    page.locator("#draft-status.error").wait_for()
    assert "Nothing was changed" in page.locator("#draft-status").inner_text()
    assert figure(page, "nw", 2) == bent
    assert page.locator("#draft-count strong").inner_text() == "2"
    # The answer 400 to what was refused is all the console says.
    assert all("400" in line for line in watched.console), watched.console
    assert not watched.left


def test_split_by_a_drawn_line_merge_again_by_keys_and_publish(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = begin(visit, districts, "Split")
    page = watched.page
    cell = page.locator("path.draft-cell.chosen").bounding_box()
    page.keyboard.press("s")
    middle = cell["x"] + cell["width"] * 0.4
    page.mouse.click(middle, cell["y"] - 14)
    page.mouse.click(middle, cell["y"] + cell["height"] / 2)
    page.mouse.dblclick(middle, cell["y"] + cell["height"] + 14)
    saved(page)
    page.locator('#draft-cells tr[data-cell="nw-2"]').wait_for()
    page.locator('[data-choose="nw"]').click()
    page.locator('[data-choose="nw-2"]').click(modifiers=["Shift"])
    assert "chosen=nw+nw-2" in page.url
    page.keyboard.press("m")
    page.locator('#draft-cells tr[data-cell="nw-2"]').wait_for(state="detached")
    page.keyboard.press("Control+z")
    page.locator('#draft-cells tr[data-cell="nw-2"]').wait_for()
    page.keyboard.press("d")
    page.wait_for_url("**/difference")
    page.locator(".draft-after").first.wait_for(state="attached")
    assert "split off" in page.locator("main").inner_text()
    watched.assert_clean()


@pytest.fixture
def own_address(scratch: Any, tmp_path: Any) -> Iterator[tuple[str, int]]:
    """A server on a database of its own, for the test that publishes."""
    toy, _ = web_tests._load(scratch)
    with Session(scratch.owner) as session:
        web_tests._add(session, accounts, "planner", toy)
        session.commit()
    with served(scratch, tmp_path) as address:
        yield address, toy


def test_a_planner_edits_undoes_and_publishes_and_the_grid_in_force_is_the_new_one(
    open_page: Callable[..., Any], own_address: tuple[str, int]
) -> None:
    address, toy = own_address
    watched = open_page(locale="en-GB")
    page = watched.page
    page.goto(f"{address}/login?next=/d/{toy}/grid/drafts")
    page.fill("#username", "planner")
    page.fill("#password", web_tests.PASSWORD)
    page.locator("main form button").click()
    page.get_by_label("Title of a new draft").fill("July")
    page.get_by_role("button", name="New draft").click()
    page.wait_for_function(READY)
    page.locator('[data-choose="nw"]').click()
    start = figure(page, "nw", 2)
    drag(page, page.locator(".marker-icon-middle").first, 0, -40)
    saved(page)
    bent = figure(page, "nw", 2)
    page.get_by_role("button", name="Undo").first.click()
    saved(page, "Taken back.")
    assert figure(page, "nw", 2) == start
    page.get_by_role("button", name="Redo").first.click()
    saved(page, "Done again.")
    page.keyboard.press("p")
    page.wait_for_url("**/difference#publish")
    assert "2 cells would change." in page.locator(".sentence").inner_text()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("Published. Grid").wait_for()
    assert "published as edition 2" in page.locator("main").inner_text()
    page.get_by_label("Title of a new draft").fill("August")
    page.get_by_role("button", name="New draft").click()
    page.wait_for_function(READY)
    assert figure(page, "nw", 2) == bent != start
    watched.assert_clean()


def test_two_windows_do_not_overwrite_each_other(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    first = begin(visit, districts, "Two windows")
    second = visit("planner", "/account")
    second.page.goto(first.page.url)
    second.page.wait_for_function(READY)
    drag(first.page, first.page.locator(".marker-icon-middle").first, 0, -30)
    saved(first.page)
    drag(second.page, second.page.locator(".marker-icon-middle").first, 0, 30)
    second.page.locator("#draft-status.error", has_text="changed elsewhere").wait_for()
    second.page.reload()
    second.page.wait_for_function(READY)
    assert figure(second.page, "nw", 2) == figure(first.page, "nw", 2)
    first.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_editor(
    visit: Callable[..., Any], districts: dict[str, int], axe: None, scheme: str
) -> None:
    watched = begin(visit, districts, f"Axe {scheme}", color_scheme=scheme)
    watched.page.locator("#keyboard summary").click()
    assert watched.violations() == []
    watched.assert_clean()


def test_a_phone_reads_drafts_and_edits_none(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    desk = begin(visit, districts, "Phone")
    watched = visit("planner", f"/d/{desk.page.url.split('/d/')[1]}", "phone")
    page = watched.page
    assert page.get_by_text("Borders are edited on a larger screen").is_visible()
    assert not page.locator("#draft-tools").is_visible()
    assert page.locator("#draft-cells").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()


def test_names_from_the_database_stay_text(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("planner", f"/d/{districts['hostile']}/grid/drafts")
    page = watched.page
    page.on("dialog", lambda dialog: watched.console.append(dialog.message))
    page.get_by_label("Title of a new draft").fill("</script><img src=x onerror=alert(1)>${7*7}")
    page.get_by_role("button", name="New draft").click()
    page.wait_for_function(READY)
    page.locator('[data-choose="nw"]').click()
    page.locator("#draft-chosen h3").wait_for()
    assert page.locator("img[src='x']").count() == 0
    watched.assert_clean()
