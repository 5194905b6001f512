"""Real Chromium, cut off from the network: a request that leaves the machine fails the test."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.web import conftest as web_tests

web_store = web_tests.web_store
"""The database of the web tests: the toy district and its hostile twin, a user a role."""
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium for one module: its event loop must not outlive the browser tests."""
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


@pytest.fixture(scope="session")
def address(web_store: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of ``gridmap serve`` on the toy district and its hostile twin."""
    made, _, _ = web_store
    with served(made, tmp_path_factory.mktemp("server")) as running:
        yield running


@contextmanager
def served(made: Any, folder: Path) -> Iterator[str]:
    """Address of ``gridmap serve`` on a database.

    A process of its own: Playwright keeps an event loop in this one, which Flask cannot share.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    environment = {
        **os.environ,
        "GRIDMAP_DATABASE": made.text_url(),
        "GRIDMAP_HOME": str(folder),
        "GRIDMAP_LOGIN_TRIES": "1000",
    }
    program = str(Path(sys.executable).with_name("gridmap"))
    command = [program, "serve", "--port", str(port), "--workers", "1"]
    with (
        log.open("wb") as written,
        subprocess.Popen(command, env=environment, stdout=written, stderr=written) as server,
    ):
        try:
            _wait(port, server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, f"the server stopped: {log.read_text()}"
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def districts(web_store: Any) -> dict[str, int]:
    """Numbers of the toy district and of its twin whose every name is hostile."""
    _, toy, hostile = web_store
    return {"toy": toy, "hostile": hostile}


@pytest.fixture(scope="module")
def keys(chromium: Any, address: str) -> Callable[[str], Any]:
    """Function that signs in as a role, once a module, and hands out what the browser kept."""
    known: dict[str, Any] = {}

    def sign_in(role: str) -> Any:
        if role not in known:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(f"{address}/login")
            page.fill("#username", role)
            page.fill("#password", web_tests.PASSWORD)
            page.locator("main form button").click()
            page.wait_for_url(lambda url: "/login" not in url)
            known[role] = context.storage_state()
            context.close()
        return known[role]

    return sign_in


@pytest.fixture
def visit(
    open_page: Callable[..., Watched], address: str, keys: Callable[[str], Any]
) -> Callable[..., Watched]:
    """Function that opens a page as a role: ``visit("planner", "/d/1/services")``."""

    def go(role: str, path: str, size: str = "desktop", **options: Any) -> Watched:
        watched = open_page(size, storage_state=keys(role), locale="en-GB", **options)
        watched.page.goto(f"{address}{path}")
        return watched

    return go
