"""Real Chromium, cut off from the network: a request that leaves the machine fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-gpu",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Watched:
    """A page and everything it did that it should not have done."""

    page: Any
    left: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        assert not self.left, f"requests left the machine: {self.left}"
        assert not self.console, f"the console says: {self.console}"

    def violations(self) -> list[str]:
        """Serious and critical findings of axe on the page as it stands."""
        # The page's own policy forbids foreign scripts; evaluate() is the debugger's way in.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{one['id']}: {one['help']} · {[node['html'][:160] for node in one['nodes'][:3]]}"
            f" · {[node['failureSummary'][:200] for node in one['nodes'][:2]]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    program = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (Debian, Ubuntu: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run scripts/assets --with-tests")


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Watched]]:
    """Function that opens an empty page: ``open_page("phone", color_scheme="dark")``."""
    contexts = []

    def open_one(size: str = "desktop", **options: Any) -> Watched:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        watched = Watched(context.new_page())
        _watch(context, watched)
        return watched

    yield open_one
    for context in contexts:
        context.close()


def _watch(context: Any, watched: Watched) -> None:
    def let_local_pass(route: Any) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"file", "data", "blob"} or address.hostname in LOCAL_HOSTS:
            route.continue_()
        else:
            watched.left.append(route.request.url)
            route.abort()

    context.route("**/*", let_local_pass)
    watched.page.on(
        "console",
        lambda message: (
            watched.console.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    watched.page.on("pageerror", lambda error: watched.console.append(str(error)))
