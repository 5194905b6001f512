"""The map that opens from disk, in real Chromium."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.crs import WGS84, project
from gridmap.maps.offline import draw_offline_map
from gridmap.rows import coverage_rows
from gridmap.samples import TOY_CRS, at, toy_district

HOSTILE = "</script><img src=x onerror='window.harmed=1'>${window.harmed=2}`\u2028"
REACH = "() => performance.getEntriesByName('gridmap:ready').length"


def toy_page(language: str | None = "en") -> str:
    toy = toy_district()
    cells = toy["cells"]
    cells.loc[cells.cell_id == "ne", "name"] = HOSTILE
    shares = coverage_rows(
        cells.cell_id,
        "pharmacy.walk_share",
        value=[1.0, 0.4, None, 0.0],
        required=1.0,
        unit="share",
        status=["met", "partly", "unknown", "not_due"],
        quality=["good", "estimated", "poor", "good"],
        shortfall=[0.0, 96.0, None, None],
        reason=["", HOSTILE, "no population", ""],
    ).assign(dimension="services")
    posts = coverage_rows(
        cells.cell_id, "staffing.posts", value=[1.0, 0.0, 2.0, 3.0], unit="posts"
    ).assign(dimension="staffing")
    ne = cells[cells.cell_id == "ne"]
    gaps = gpd.GeoDataFrame(
        {
            "gap_id": ["g1"],
            "rank": [1.0],
            "dimension": ["services"],
            "measure": ["pharmacy.walk_share"],
            "cell_id": ["ne"],
            "status": ["partly"],
            "people": [96.0],
            "shortfall": [96.0],
            "unit": ["people"],
        },
        geometry=ne.geometry.to_numpy(),
        crs=toy.crs,
    )
    layers = ("roads", "buildings", "landuse", "communities", "sites", "cameras")
    return draw_offline_map(
        name=f"Toy {HOSTILE}",
        cells=cells,
        coverage=pd.concat([shares, posts]),
        gaps=gaps,
        summary={},
        base={name: toy[name] for name in layers},
        at="2026-03-02",
        synthetic=["population", "duties"],
        attribution=f"© OpenStreetMap contributors {HOSTILE}",
        language=language,
    )


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("offline") / "map.html"
    path.write_text(toy_page(), encoding="utf-8")
    return path


@pytest.fixture
def opened(open_page: Callable[..., Any], map_file: Path) -> Callable[..., Any]:
    def open_map(size: str = "desktop", place: str = "", **options: Any) -> Any:
        watched = open_page(size, **options)
        watched.page.goto(f"{map_file.as_uri()}{place}")
        watched.page.wait_for_function(REACH)
        return watched

    return open_map


def click_cell(page: Any, cell: str) -> None:
    """Click one of the four toy cells, which meet in the middle of the map."""
    box = page.locator(".gridmap-map").bounding_box()
    reach = 0.12 * min(box["width"], box["height"])
    page.mouse.click(
        box["x"] + box["width"] / 2 + (reach if cell[1] == "e" else -reach),
        box["y"] + box["height"] / 2 + (reach if cell[0] == "s" else -reach),
    )


def place_of(x: float, y: float, zoom: float) -> str:
    """Fragment of the address that centres the map on a point of the drawing."""
    [spot] = project(gpd.GeoSeries([at(x, y)], crs=TOY_CRS), WGS84)
    return f"map={zoom}/{spot.y:.5f}/{spot.x:.5f}"


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_clicked_cell_shows_its_details_and_nothing_is_asked_of_the_network(
    opened: Callable[..., Any], size: str
) -> None:
    watched = opened(size)
    page = watched.page
    click_cell(page, "nw")
    details = page.locator(".map-details")
    assert details.is_visible()
    assert details.locator("h2").inner_text() == "North-west"
    assert "100.0 %" in details.inner_text()
    assert "cell=nw" in page.url
    assert page.locator('tr[data-cell-id="nw"]').get_attribute("aria-current") == "true"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.assert_clean()


def test_hostile_names_stay_text_wherever_they_are_shown(opened: Callable[..., Any]) -> None:
    watched = opened()
    page = watched.page
    click_cell(page, "ne")
    assert page.locator(".map-details h2").inner_text().startswith("</script><img")
    assert "${window.harmed=2}" in page.locator(".map-details .map-reason").first.inner_text()
    assert page.locator("h1").inner_text().startswith("Toy </script>")
    assert page.locator("img").count() == 0
    assert page.evaluate("window.harmed") is None
    watched.assert_clean()


def test_a_row_highlights_its_cell_and_opens_it_from_the_keyboard(
    opened: Callable[..., Any],
) -> None:
    watched = opened()
    page = watched.page
    page.evaluate(
        "document.addEventListener('gridmap:hover', (e) => { window.told = e.detail.cell_id; })"
    )
    page.locator('tr[data-cell-id="sw"]').hover()
    assert page.evaluate("window.told") == "sw"
    page.locator('tr[data-cell-id="sw"] button').focus()
    page.keyboard.press("Enter")
    assert page.locator(".map-details h2").inner_text() == "South-west"
    page.keyboard.press("Escape")
    assert page.locator(".map-details").is_hidden()
    assert page.evaluate("document.activeElement.closest('tr')?.dataset.cellId") == "sw"
    watched.assert_clean()


def test_enter_on_the_map_opens_the_cell_in_the_middle(opened: Callable[..., Any]) -> None:
    page = opened(place=f"#{place_of(100, 100, 18)}").page
    page.locator(".gridmap-map").focus()
    page.keyboard.press("Enter")
    assert page.locator(".map-details h2").inner_text() == "South-west"


def test_pointing_at_a_cell_says_one_line(opened: Callable[..., Any]) -> None:
    page = opened().page
    box = page.locator(".gridmap-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 - 60)
    line = page.locator(".map-hover")
    line.wait_for(state="visible")
    assert line.inner_text() == "North-west · 100.0 % · met"


def test_layers_can_be_switched_and_the_address_remembers(opened: Callable[..., Any]) -> None:
    watched = opened()
    page = watched.page
    page.locator(".map-layers summary").click()
    page.get_by_label("Gaps").check()
    page.get_by_label("Streets, buildings, water").uncheck()
    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('layers')") == (
        "cells communities gaps"
    )
    page.reload()
    page.wait_for_function(REACH)
    page.locator(".map-layers summary").click()
    assert page.get_by_label("Gaps").is_checked()
    assert not page.get_by_label("Streets, buildings, water").is_checked()
    watched.assert_clean()


def test_the_reader_switches_the_language_of_everything(opened: Callable[..., Any]) -> None:
    watched = opened()
    page = watched.page
    click_cell(page, "nw")
    page.get_by_role("button", name="简体中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert "个有要求的网格中" in page.locator(".offline-headline").inner_text()
    assert "达标" in page.locator(".map-legend").inner_text()
    assert "合成数据" in page.locator(".offline-ribbon").inner_text()
    assert "达标" in page.locator(".map-details").inner_text()
    page.get_by_role("button", name="繁體中文").click()
    assert "達標" in page.locator(".offline-twin").inner_text()
    watched.assert_clean()


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-TW", "zh-Hant"), ("zh-CN", "zh-Hans"), ("en-GB", "en"), ("fi-FI", "zh-Hans")],
)
def test_a_page_without_a_language_opens_in_the_readers(
    open_page: Callable[..., Any], tmp_path: Path, locale: str, language: str
) -> None:
    path = tmp_path / "map.html"
    path.write_text(toy_page(language=None), encoding="utf-8")
    watched = open_page("desktop", locale=locale)
    watched.page.goto(path.as_uri())
    watched.page.wait_for_selector(".offline-headline strong")
    assert watched.page.evaluate("document.documentElement.lang") == language
    watched.assert_clean()


def test_the_measure_can_be_chosen_and_values_get_their_own_legend(
    opened: Callable[..., Any],
) -> None:
    page = opened().page
    page.get_by_label("Measure").select_option(label="Posts on duty")
    assert "median 1.5" in page.locator(".offline-headline").inner_text()
    assert "≥" in page.locator(".map-legend").inner_text()
    assert "measure=staffing.posts" in page.url


def test_a_link_reopens_the_same_place_measure_and_cell(opened: Callable[..., Any]) -> None:
    page = opened(place=f"#{place_of(300, 300, 17.5)}&measure=staffing.posts&cell=ne").page
    assert page.locator(".map-details").is_visible()
    assert page.get_by_label("Measure").evaluate("(e) => e.selectedOptions[0].text") == (
        "Posts on duty"
    )
    assert place_of(300, 300, 17.5) in page.url


def test_the_table_lists_the_worst_first_and_sorts(opened: Callable[..., Any]) -> None:
    page = opened().page
    order = "() => [...document.querySelectorAll('tr[data-cell-id]')].map((r) => r.dataset.cellId)"
    assert page.evaluate(order) == ["ne", "sw", "nw", "se"]
    page.get_by_role("button", name="Value").click()
    assert page.evaluate(order) == ["se", "ne", "nw", "sw"]
    page.get_by_label("Find a cell").fill("south")
    assert set(page.evaluate(order)) == {"se", "sw"}
    page.get_by_role("button", name="Gaps (1)").click()
    assert page.locator(".offline-twin").inner_text().count("Pharmacy") == 0
    page.get_by_label("Find a cell").fill("")
    assert page.evaluate(order) == ["ne"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious(
    opened: Callable[..., Any], axe: None, size: str, scheme: str
) -> None:
    watched = opened(size, color_scheme=scheme)
    click_cell(watched.page, "nw")
    watched.page.locator(".map-layers summary").click()
    assert watched.violations() == []


def test_only_its_own_scripts_may_run(opened: Callable[..., Any]) -> None:
    watched = opened()
    watched.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.harmed = 3';"
        " document.body.append(s); }"
    )
    assert watched.page.evaluate("window.harmed") is None
