"""Long work in real Chromium: progress that moves by itself, a way to stop it, and its end."""

from typing import Any

import pytest
from sqlalchemy import text

from gridmap.store.scope import Scope
from gridmap.studies.jobs import Wanted, begin_job
from tests.store import long_work

SAID = ".job-said"


@pytest.fixture
def ask(web_store: Any, districts: Any) -> Any:
    """Function that begins work in the name of the liaison; the server of the pages tells of it."""
    made = web_store[0]

    def begin(work: Any, *given: Any, **question: Any) -> int:
        with made.owner.connect() as connection:
            user = connection.scalar(text("SELECT id FROM users WHERE username = 'liaison'"))
        wanted = Wanted("lasting", question, work, lambda _: given)
        scope = Scope(user, "liaison", (districts["toy"],))
        return begin_job(made.app, scope, districts["toy"], wanted)

    return begin


def test_progress_moves_by_itself_survives_a_reload_and_is_stopped(
    visit: Any, districts: Any, ask: Any, tmp_path: Any
) -> None:
    number = ask(long_work.last_forever, tmp_path / "alive")
    watched = visit("liaison", f"/d/{districts['toy']}/jobs/{number}")
    page = watched.page
    page.wait_for_function("() => document.querySelector('.job progress[value]')", timeout=60_000)
    before = page.locator(".job-part").text_content()
    page.wait_for_function(
        "before => document.querySelector('.job-part').textContent !== before", arg=before
    )
    assert page.locator(SAID).text_content() == "lasting …"
    assert watched.violations() == []
    page.reload()
    button = page.get_by_role("button", name="Stop")
    button.focus()
    page.wait_for_timeout(2500)
    assert button.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.job-said').textContent === 'Stopped.'", timeout=30_000
    )
    page.wait_for_function("() => !document.querySelector('.job progress')")
    assert page.get_by_role("button", name="Stop").count() == 0
    watched.assert_clean()


def test_the_end_is_told_in_place_without_a_reload(visit: Any, districts: Any, ask: Any) -> None:
    number = ask(long_work.wait_then_add, 2.0, 2, 3)
    watched = visit("liaison", f"/d/{districts['toy']}/jobs/{number}")
    page = watched.page
    page.evaluate("() => { window.unreloaded = true; }")
    page.wait_for_function(
        "() => document.querySelector('.job-said').textContent === 'Done.'", timeout=60_000
    )
    assert page.evaluate("() => window.unreloaded === true")
    assert page.get_by_role("link", name="Open the answer").count() == 1
    watched.assert_clean()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_plan_tells_of_its_proof_and_shows_it_when_loaded_again(
    visit: Any, districts: Any, size: str
) -> None:
    path = f"/d/{districts['toy']}/plan/cameras?count=3&reaim=2&price={2 if size == 'phone' else 3}"
    watched = visit("liaison", path, size)
    page = watched.page
    page.wait_for_function(
        "() => /Proved|Stopped|better|time for the proof/.test(document.body.textContent)",
        timeout=90_000,
    )
    page.reload()
    assert "best possible gain" in page.content() or "Proved: no other choice" in page.content()
    assert watched.violations() == []
    watched.assert_clean()
