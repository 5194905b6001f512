"""Charts in real Chromium under the policy of the pages: drawn, told by keys, and as a table."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.conftest import make_app

CURVE = {
    "kind": "line",
    "x": {"label": "on foot", "unit": "m", "amount": "m", "min": 0},
    "y": {"label": "people", "format": "share", "min": 0, "max": 1},
    "series": [
        {"name": "on foot", "area": True, "points": [[0, 0], [250, 0.4], [500, 0.75], [2000, 1]]},
        {"name": "direct", "dashed": True, "points": [[0, 0], [250, 0.6], [500, 0.9], [2000, 1]]},
    ],
    "marks": [{"axis": "x", "at": 500, "label": "norm 500 m", "tone": "missed"}],
    "text": "Three in four people live within 500 m.",
}  # fmt: skip
SHARE = {"format": "share"}
CHARTS: dict[str, Any] = {
    "line": CURVE,
    "step": CURVE | {"kind": "step"},
    "bar": CURVE
    | {
        "kind": "bar",
        "y": {"unit": "people"},
        "series": [{"name": "people", "points": [["to 250 m", 1200], ["to 500 m", 700]]}],
        "marks": [],
    },
    "lorenz": CURVE
    | {
        "kind": "lorenz",
        "x": SHARE,
        "y": SHARE,
        "series": [{"name": "access", "points": [[0, 0], [0.5, 0.2], [1, 1]]}],
        "marks": [],
    },
    "strip": CURVE
    | {
        "kind": "strip",
        "series": [{"name": "cells", "points": [[120, "Cell 1", "/away"], [480, "Cell 2"]]}],
    },
}
PAGE = """{% from "_charts.html" import draw_chart, chart_files with context %}<!doctype html>
<html lang="en" data-look="light"><head><title>Charts</title>
{% for name in ("css/tokens.css", "css/app.css") %}<link rel="stylesheet" href="{{ static_file(name) }}">{% endfor %}
{{ chart_files() }}</head><body><main><h1>Charts</h1><div class="charts">
{% for told in charts %}{{ draw_chart(told, "What " ~ told.kind ~ " shows", ["a", "b", "c"][:1 + told.series|length]) }}{% endfor %}
</div></main></body></html>"""  # noqa: E501


@pytest.fixture(scope="module")
def page_of(web_store: Any) -> Iterator[Callable[[list[Any]], dict[str, Any]]]:
    """Function that writes a page of charts as the application would, headers included."""
    # Playwright keeps an event loop in this thread, which Flask cannot share.
    elsewhere = ThreadPoolExecutor(1)
    app = elsewhere.submit(make_app, web_store[0]).result()

    def write(charts: list[Any]) -> dict[str, Any]:
        from flask import render_template_string

        with app.test_request_context("/charts"):
            text = render_template_string(PAGE, charts=charts)
            answer = app.process_response(app.make_response(text))
        return {
            "body": text,
            "headers": dict(answer.headers),
            "content_type": "text/html; charset=utf-8",
        }

    yield lambda charts: elsewhere.submit(write, charts).result()
    elsewhere.shutdown()


@pytest.fixture
def drawn(
    open_page: Callable[..., Any], page_of: Callable[[list[Any]], dict[str, Any]], address: str
) -> Callable[..., Any]:
    """Function that opens a page with charts and waits for their pictures."""

    def draw(*kinds: str, size: str = "desktop", wait: bool = True, **options: Any) -> Any:
        watched = open_page(size, **options)
        told = page_of([CHARTS[kind] for kind in kinds])
        watched.page.route("**/charts", lambda route: route.fulfill(**told))
        watched.page.goto(f"{address}/charts")
        for figure in watched.page.locator("figure[data-chart]").all() if wait else ():
            figure.scroll_into_view_if_needed()
            figure.locator("svg path").first.wait_for(state="attached")
        return watched

    return draw


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_kind_is_drawn_under_the_policy_of_the_pages(
    drawn: Callable[..., Any], axe: None, size: str
) -> None:
    watched = drawn(*CHARTS, size=size)
    assert watched.page.locator("figure[data-drawn]").count() == len(CHARTS)
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.violations() == []
    watched.assert_clean()


def test_arrow_keys_tell_every_value_and_the_norm_stands_in_the_picture(
    drawn: Callable[..., Any],
) -> None:
    watched = drawn("line")
    place = watched.page.locator(".chart-place")
    place.focus()
    told = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "End"):
        place.press(key)
        told.append(watched.page.locator(".chart-line").inner_text().replace("\u202f", " "))
    assert told == [
        "0 m: on foot 0 % · direct 0 %",
        "250 m: on foot 40 % · direct 60 %",
        "500 m: on foot 75 % · direct 90 %",
        "2 000 m: on foot 100 % · direct 100 %",
    ]
    assert "norm 500 m" in place.inner_text()


def test_pointing_tells_the_value_under_the_hand(drawn: Callable[..., Any]) -> None:
    watched = drawn("bar")
    box = watched.page.locator(".chart-place").bounding_box()
    watched.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    line = watched.page.locator(".chart-line")
    watched.page.wait_for_function("document.querySelector('.chart-line').textContent")
    assert line.inner_text().replace("\u202f", " ") == "to 250 m: 1 200 people"


def test_the_table_says_the_same_as_the_picture(drawn: Callable[..., Any]) -> None:
    watched = drawn("line")
    rows = watched.page.locator(".chart-twin tbody tr")
    assert not rows.first.is_visible()
    watched.page.get_by_text("The same as a table").click()
    cells = [
        text.replace("\u202f", " ") for text in rows.nth(2).locator("th, td").all_inner_texts()
    ]
    assert cells == ["500 m", "75.0 %", "90.0 %"]


def test_without_the_library_the_table_stands_open(drawn: Callable[..., Any]) -> None:
    watched = drawn("line", wait=False)
    watched.page.route("**/echarts.js*", lambda route: route.abort())
    watched.page.reload()
    watched.page.locator(".chart.bare .chart-twin[open]").wait_for()
    assert not watched.page.locator(".chart-place").is_visible()


def test_a_dot_leads_to_what_it_stands_for(drawn: Callable[..., Any]) -> None:
    watched = drawn("strip")
    place = watched.page.locator(".chart-place")
    place.focus()
    place.press("ArrowRight")
    assert watched.page.locator(".chart-line").inner_text().startswith("Cell 1")
    place.press("Enter")
    watched.page.wait_for_url("**/away")


def test_looks_change_without_drawing_anew(drawn: Callable[..., Any]) -> None:
    watched = drawn("line")
    colour = "getComputedStyle(document.querySelector('.chart-place text')).fill"
    light = watched.page.evaluate(colour)
    watched.page.evaluate("document.documentElement.dataset.look = 'dark'")
    assert watched.page.evaluate(colour) != light
