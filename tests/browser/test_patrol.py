"""Patrol in real Chromium: the slider over windows, gaps acted on by keyboard, every page clean."""

from collections.abc import Callable
from typing import Any

import pytest

READY = "() => performance.getEntriesByName('gridmap:ready').length"
SHOWN = "wanted => document.documentElement.dataset.patrolShown === wanted"
TOLD = "wanted => document.documentElement.dataset.patrolTold === wanted"
PAGES = ("", "/map", "/gaps", "/streets", "/routes", "/beats", "/quality", "/live")


def settle(page: Any) -> None:
    page.wait_for_load_state("load")
    page.wait_for_function(READY)


def moments_of(page: Any) -> list[str]:
    return page.evaluate("() => gridmap.slider.told.moments.map((one) => one.window)")


def test_the_slider_steps_by_keyboard_and_map_sentence_table_and_address_follow(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    path = f"/d/{districts['toy']}/patrol/map"
    watched = visit("liaison", f"{path}?window=day@2026-03-02")
    page = watched.page
    settle(page)
    page.wait_for_function("() => document.documentElement.dataset.patrol === 'ready'")
    moments = moments_of(page)
    slide = page.get_by_role("slider")
    at = int(slide.input_value())
    step = -1 if at else 1
    if len(moments) > 1:
        slide.press("ArrowLeft" if step < 0 else "ArrowRight")
        wanted = moments[at + step]
        page.wait_for_function(SHOWN, arg=wanted)
        page.wait_for_function(TOLD, arg=wanted)
        name, _, day = wanted.partition("@")
        assert f"window={name}%40{day}" in page.url
        assert day in page.locator("#moment-said").inner_text()
        assert day in (slide.get_attribute("aria-valuetext") or "")
        page.reload()
        settle(page)
        assert int(page.get_by_role("slider").input_value()) == at + step
    watched.assert_clean()


def test_playing_goes_to_the_last_window_and_stops_there(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/patrol/map?window=@2026-03-02")
    page = watched.page
    settle(page)
    page.wait_for_function("() => document.documentElement.dataset.patrol === 'ready'")
    last = moments_of(page)[-1]
    play = page.get_by_role("button", name="Play")
    play.click()
    page.wait_for_function(SHOWN, arg=last, timeout=30_000)
    page.wait_for_function(
        "() => document.querySelector('[data-play]').getAttribute('aria-pressed') === 'false'"
    )
    assert page.get_by_role("slider").input_value() == str(len(moments_of(page)) - 1)
    watched.assert_clean()


def test_a_day_is_chosen_in_the_list_and_a_row_selects_its_cell(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/patrol/map")
    page = watched.page
    settle(page)
    page.select_option("select[name=window]", "@2026-03-02")
    page.wait_for_url("**window=%402026-03-02**")
    settle(page)
    assert "whole day" in page.locator("#moment-said").inner_text()
    row = page.locator("tr[data-cell-id]").first
    cell = row.get_attribute("data-cell-id")
    row.locator("td").first.click()
    page.wait_for_function("cell => location.hash.includes(`cell=${cell}`)", arg=cell)
    watched.assert_clean()


def test_gaps_are_disputed_by_keyboard_told_with_their_history_and_taken_back(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/patrol/gaps?state=open")
    page = watched.page
    page.wait_for_function("() => document.documentElement.dataset.gaps === 'ready'")
    open_before = page.locator("#gap-list tbody tr").count()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#gap-count").inner_text() == "One gap is chosen"
    page.keyboard.press("d")
    page.keyboard.type("The post was there, its phone was not")
    page.keyboard.press("Enter")
    page.locator(".flash.success").wait_for()
    assert "Disputed: 1 gap" in page.locator(".flash.success").inner_text()
    assert page.locator("#gap-list tbody tr").count() == open_before - 1
    page.goto(page.url.split("?")[0] + "?state=disputed")
    page.locator("a.gap-state.disputed").first.click()
    history = page.locator("#history")
    assert "The post was there" in history.inner_text()
    page.go_back()
    page.goto(page.url.split("?")[0] + "?state=disputed")
    page.locator("#gap-list input[type=checkbox]").first.check()
    page.select_option("#gap-action", "reopen")
    page.get_by_role("button", name="Do it").click()
    page.locator("#undo").wait_for()
    watched.assert_clean()


def test_fields_follow_the_action_and_nothing_is_sent_without_what_it_needs(
    visit: Callable[..., Any], districts: dict[str, int]
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/patrol/gaps")
    page = watched.page
    page.wait_for_function("() => document.documentElement.dataset.gaps === 'ready'")
    assert page.get_by_role("button", name="Do it").is_disabled()
    page.locator("#gap-list input[type=checkbox]").first.check()
    page.select_option("#gap-action", "accept")
    assert page.locator("select[name=target]").is_hidden()
    before = page.url
    page.get_by_role("button", name="Do it").click()
    assert page.url == before
    assert page.evaluate("() => !document.getElementById('gap-form').checkValidity()")
    watched.assert_clean()


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_clean_and_fit(
    visit: Callable[..., Any], districts: dict[str, int], axe: None, size: str, path: str
) -> None:
    watched = visit("liaison", f"/d/{districts['toy']}/patrol{path}", size=size)
    page = watched.page
    page.wait_for_load_state("networkidle")
    assert watched.violations() == []
    width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    watched.assert_clean()
