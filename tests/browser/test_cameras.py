"""A camera is turned, dragged and undone in real Chromium; the figures are those of the engine."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from tests.web.conftest import HOSTILE

SHEET = "cameras/cam1"
SHOWN = "Number(document.documentElement.dataset.cameraShown ?? 0)"


def open_sheet(visit: Callable[..., Any], number: int, path: str = SHEET, *more: Any) -> Any:
    watched = visit("liaison", f"/d/{number}/{path}", *more)
    watched.page.wait_for_function("() => document.documentElement.dataset.camera === 'ready'")
    watched.page.wait_for_function("() => performance.getEntriesByName('gridmap:ready').length")
    return watched


def fact(page: Any, name: str) -> str:
    return str(page.locator(f"dd[data-fact={name}]").first.text_content())


def outline(page: Any) -> str:
    return str(page.locator(".camera-view").first.get_attribute("d"))


def answered(page: Any, before: int) -> None:
    page.wait_for_function(f"before => {SHOWN} > before", arg=before)
    page.wait_for_function(
        "() => !document.getElementById('camera-status').textContent.includes('…')"
    )


def area_of(heading: float, **changed: Any) -> str:
    """What the engine says of the toy's first camera."""
    from gridmap.cameras.ground import prepare_ground
    from gridmap.samples import toy_district
    from gridmap.studies.camera_trial import Neighbourhood, Terms, try_camera

    toy = toy_district()
    camera = toy["cameras"].iloc[[0]].assign(heading_deg=heading, **changed)
    look = try_camera(Neighbourhood(toy, prepare_ground(toy)), camera, Terms())
    return f"{look.views['area_m2'].iloc[0]:,.0f}".replace(",", "\u202f") + "\u202fm²"


def test_a_camera_is_turned_by_the_keys_of_the_slider(visit: Any, districts: Any) -> None:
    watched = open_sheet(visit, districts["toy"])
    page = watched.page
    was = outline(page)
    slider = page.locator("#camera-turn")
    slider.focus()
    for _ in range(3):
        before = page.evaluate(SHOWN)
        page.keyboard.press("ArrowRight")
        answered(page, before)
    assert page.locator("input[name=heading_deg]").input_value() == "48"
    assert fact(page, "heading").startswith("48°")
    assert outline(page) != was
    assert page.locator("[data-fact=area]").first.text_content() == area_of(48.0)
    assert "trial=heading_deg" in page.url
    watched.assert_clean()


def test_the_handle_turns_by_arrow_keys_and_the_camera_moves_by_them(
    visit: Any, districts: Any
) -> None:
    watched = open_sheet(visit, districts["toy"])
    page = watched.page
    page.locator(".camera-handle").focus()
    before = page.evaluate(SHOWN)
    page.keyboard.press("Shift+ArrowLeft")
    answered(page, before)
    assert fact(page, "heading").startswith("35°")
    page.locator(".camera-spot").focus()
    before = page.evaluate(SHOWN)
    page.keyboard.press("ArrowUp")
    answered(page, before)
    assert "lat~" in page.evaluate("decodeURIComponent(location.hash)")
    watched.assert_clean()


def test_a_camera_is_turned_by_dragging_its_handle(visit: Any, districts: Any) -> None:
    watched = open_sheet(visit, districts["toy"])
    page = watched.page
    was = outline(page)
    spot, handle = (page.locator(one).bounding_box() for one in (".camera-spot", ".camera-handle"))
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    before = page.evaluate(SHOWN)
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=6)
    page.mouse.move(x, y + 90, steps=6)
    page.mouse.up()
    answered(page, before)
    heading = float(page.locator("input[name=heading_deg]").input_value())
    assert heading == pytest.approx(180.0, abs=2.0)
    page.wait_for_function(
        "told => document.querySelector('dd[data-fact=heading]').textContent.startsWith(told)",
        arg=f"{heading:.0f}°",
    )
    assert outline(page) != was
    assert page.locator("[data-fact=area]").first.text_content() == area_of(heading)
    watched.assert_clean()


def test_a_camera_that_is_dragged_takes_its_view_along_and_undo_brings_it_back(
    visit: Any, districts: Any
) -> None:
    watched = open_sheet(visit, districts["toy"])
    page = watched.page
    was, area = outline(page), page.locator("[data-fact=area]").first.text_content()
    spot = page.locator(".camera-spot").bounding_box()
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    before = page.evaluate(SHOWN)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 50, steps=5)
    page.mouse.up()
    answered(page, before)
    assert outline(page) != was
    before = page.evaluate(SHOWN)
    page.locator("#camera-undo").click()
    answered(page, before)
    page.wait_for_function(
        "area => document.querySelector('[data-fact=area]').textContent === area", arg=area
    )
    assert "trial" not in page.url
    assert page.locator("#camera-reset").is_disabled()
    watched.assert_clean()


def test_other_optics_and_a_value_that_is_none(visit: Any, districts: Any) -> None:
    watched = open_sheet(visit, districts["toy"])
    page = watched.page
    page.locator(".camera-more summary").click()
    before = page.evaluate(SHOWN)
    page.select_option("select[name=model]", "4mp_2.8_1/2.7")
    answered(page, before)
    assert page.locator("input[name=focal_mm]").input_value() == "2.8"
    assert page.locator("table[data-rows=views] tbody tr").count() == 4
    page.fill("input[name=hfov_deg]", "900")
    page.wait_for_function(
        "() => document.getElementById('camera-status').classList.contains('error')"
    )
    assert "hfov_deg" in str(page.locator("#camera-status").text_content())
    # The browser itself tells of an answer of 400.
    assert all("400" in one for one in watched.console)


def test_a_link_opens_the_same_trial(visit: Any, districts: Any) -> None:
    path = f"{SHEET}#trial=heading_deg~200!range_m~30"
    page = open_sheet(visit, districts["toy"], path).page
    page.wait_for_function(f"() => {SHOWN} > 0")
    assert fact(page, "heading").startswith("200°")
    assert page.locator("[data-fact=area]").first.text_content() == area_of(200.0, range_m=30.0)


def test_the_last_answer_wins_however_fast_the_hand(visit: Any, districts: Any) -> None:
    page = open_sheet(visit, districts["toy"]).page
    page.evaluate(
        """async () => {
          for (let n = 0; n < 40; n += 1) {
            gridmap.cameraTrial.change({ heading_deg: n * 9 }, { from: "test" });
            await new Promise((go) => setTimeout(go, 15));
          }
        }"""
    )
    page.wait_for_function(
        "() => document.querySelector('dd[data-fact=heading]').textContent.startsWith('351°')"
        " && !gridmap.cameraTrial.flying"
    )
    assert page.locator("[data-fact=area]").first.text_content() == area_of(351.0)
    assert page.evaluate("gridmap.cameraTrial.steps.length") == 1
    # Answers came while the hand still moved, and far fewer than it made steps.
    assert 1 < page.evaluate(SHOWN) < 40


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sheet_is_for_everyone(
    visit: Any, districts: Any, axe: None, size: str, scheme: str
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/{SHEET}", size, color_scheme=scheme)
    watched.page.wait_for_function("() => document.documentElement.dataset.camera === 'ready'")
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.violations() == []
    watched.assert_clean()


def test_a_phone_shows_the_camera_and_offers_no_trial(visit: Any, districts: Any) -> None:
    page = open_sheet(visit, districts["toy"], SHEET, "phone").page
    assert page.locator("#camera-trial").is_hidden()
    assert page.locator("table[data-rows=views]").is_visible()


@pytest.mark.parametrize(
    "asked", ["show=depth", "show=public&table=spots", "edition=2025&table=cameras"]
)
def test_layers_measured_anew_are_drawn(visit: Any, districts: Any, axe: None, asked: str) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/cameras?{asked}")
    watched.page.wait_for_function("() => document.documentElement.dataset.layer === 'ready'")
    assert watched.page.locator(".camera-shape").count() > 0
    assert watched.violations() == []
    watched.assert_clean()


def test_a_row_of_blind_spots_leads_the_map_there(visit: Any, districts: Any) -> None:
    page = visit("liaison", f"/d/{districts['toy']}/cameras?show=spots&table=spots").page
    page.wait_for_function("() => performance.getEntriesByName('gridmap:ready').length")
    row = page.locator("tr[data-lonlat]").last
    cell = row.get_attribute("data-cell-id")
    row.locator("td.num").click()
    page.wait_for_function("cell => location.hash.includes(`cell=${cell}`)", arg=cell)


def test_a_planner_may_not_open_a_camera(visit: Any, districts: Any) -> None:
    page = visit("planner", f"/d/{districts['toy']}/{SHEET}").page
    assert page.locator("#camera-trial, #camera-wire, .gridmap-map").count() == 0
    assert "heading" not in page.content()


def test_hostile_names_of_a_camera_stay_text(visit: Any, districts: Any, web_store: Any) -> None:
    made, _, hostile = web_store
    added = text(
        "INSERT INTO cameras (district_id, camera_id, kind, heading_deg, range_m, operator, "
        "cell_id, community_code, geometry) SELECT district_id, :name, 'fixed', 10, 30, :name, "
        "cell_id, community_code, geometry FROM cameras "
        "WHERE district_id = :d AND camera_id = 'cam1'"
    )
    with made.owner.begin() as connection:
        connection.execute(added, {"name": HOSTILE, "d": hostile})
    try:
        watched = open_sheet(visit, hostile, f"cameras/{quote(HOSTILE, safe='')}")
        page = watched.page
        before = page.evaluate(SHOWN)
        page.locator("#camera-turn").focus()
        page.keyboard.press("ArrowRight")
        answered(page, before)
        assert HOSTILE in str(page.locator("h1").text_content())
        assert page.locator("img[src=x]").count() == 0
        watched.assert_clean()
    finally:
        with made.owner.begin() as connection:
            connection.execute(text("DELETE FROM cameras WHERE camera_id = :n"), {"n": HOSTILE})
