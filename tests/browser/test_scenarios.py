"""A scenario in real Chromium: a site is dragged, and figures, table and cells follow."""

import pytest

TITLE = "Dragged"


def begin(watched, address, district):
    page = watched.page
    page.goto(f"{address}/d/{district}/scenarios")
    page.fill('input[name="title"]', TITLE)
    page.get_by_role("button", name="New scenario").click()
    page.wait_for_url("**/scenarios/*")
    page.goto(f"{page.url}?type=pharmacy")
    page.wait_for_selector("html[data-scenario=ready]")
    return page


def fact(page, name):
    return page.locator(f'[data-fact="{name}"]').first.inner_text()


def drag(page, dx, dy):
    mark = page.locator(".leaflet-marker-draggable.scenario-site.state-kept").first
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=3)
    page.mouse.move(x + dx, y + dy, steps=3)
    page.wait_for_selector("html[data-scenario-shown]")
    tried = page.locator("#scenario-status").inner_text()
    page.mouse.up()
    page.locator("#scenario-status", has_text="Kept.").wait_for()
    return tried


def test_dragging_a_site_changes_sentence_and_table_and_undo_takes_it_back(
    visit, address, districts, capsys
):
    watched = visit("planner", f"/d/{districts['toy']}/scenarios")
    page = begin(watched, address, districts["toy"])
    before = fact(page, "after")
    tried = drag(page, 120, 90)
    assert tried.startswith("Not kept yet")
    assert fact(page, "after") != before or fact(page, "farther") != "0"
    assert page.locator("#scenario-changes li").count() == 1
    assert page.locator(".scenario-site.state-moved").count() >= 1
    took = page.evaluate(
        "performance.getEntriesByName('gridmap:scenario').map((one) => Math.round(one.duration))"
    )
    with capsys.disabled():
        print(f"\nfrom the hand to the figures: {took} ms")
    page.keyboard.press("Control+z")
    page.locator("#scenario-status", has_text="Taken back.").wait_for()
    assert fact(page, "after") == before
    page.reload()
    page.wait_for_selector("html[data-scenario=ready]")
    assert fact(page, "after") == before
    watched.assert_clean()


def test_a_site_is_moved_by_buttons_and_closed_by_a_form(visit, address, districts):
    watched = visit("planner", f"/d/{districts['toy']}/scenarios")
    page = begin(watched, address, districts["toy"])
    page.get_by_role("button", name="east", exact=True).click()
    page.wait_for_selector("#scenario-changes li:nth-child(1)", state="attached")
    page.get_by_role("button", name="Close", exact=True).click()
    page.wait_for_selector("#scenario-changes li:nth-child(2)", state="attached")
    assert fact(page, "after") == "0"
    assert "▼ worse" in page.locator('table[data-rows="cells"]').inner_text()
    watched.assert_clean()


def test_what_is_refused_is_said_and_the_site_goes_back(visit, address, districts):
    watched = visit("planner", f"/d/{districts['toy']}/scenarios")
    page = begin(watched, address, districts["toy"])
    before = fact(page, "after")
    form = page.locator("form:has([data-sites])")
    form.locator('input[name="lon"]').fill("10")
    form.locator('input[name="lat"]').fill("50")
    form.locator('button[value="move"]').click()
    page.wait_for_selector("#scenario-status.error")
    assert "outside" in page.locator("#scenario-status").inner_text()
    assert fact(page, "after") == before
    assert page.locator("#scenario-changes li").count() == 0
    # Chromium itself reports an answer of 400 on the console.
    assert all("400" in line for line in watched.console)


def test_a_change_that_meets_no_server_is_kept_and_sent_again(visit, address, districts):
    watched = visit("planner", f"/d/{districts['toy']}/scenarios")
    page = begin(watched, address, districts["toy"])
    page.route("**/changes", lambda route: route.abort())
    page.get_by_role("button", name="east", exact=True).click()
    page.wait_for_selector("#scenario-status.error")
    assert page.locator("#scenario-changes li").count() == 0
    page.unroute("**/changes")
    page.reload()
    page.wait_for_selector("#scenario-changes li:nth-child(1)", state="attached")


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_scenarios_are_accessible_and_fit(axe, visit, address, districts, size, scheme):
    watched = visit("planner", f"/d/{districts['toy']}/scenarios", size, color_scheme=scheme)
    page = begin(watched, address, districts["toy"])
    page.locator('form[data-change] button[value="close"]').click()
    page.wait_for_selector("#scenario-changes li:nth-child(1)", state="attached")
    assert watched.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{address}/d/{districts['toy']}/scenarios")
    assert watched.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()
