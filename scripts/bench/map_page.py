"""Every map page of a sample of 3,300 cells against its budgets: bytes of the page, and seconds in
real Chromium until all that is shown is drawn.

Run: .venv/bin/python scripts/bench/map_page.py [CELLS]
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _row import report
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy.orm import Session

from gridmap.store import accounts, cluster, server, upkeep
from gridmap.store.engines import open_owner_engine
from gridmap.store.load import load_district
from gridmap.studies.cover import cover
from gridmap.studies.demo import AS_OF
from gridmap.studies.sample import make_sample

PAGE_BUDGET_KB, DRAWN_BUDGET_S = 60.0, 1.0
PAGES = {
    "planner": ("services?type=pharmacy", "staffing", "patrol", "gaps"),
    "liaison": ("patrol/map", "cameras", "gaps"),
    "admin": ("gaps",),
    "worker": ("my-cells/map", "gaps"),
}
PASSWORD = "only for this bench"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
RUNS = 5


def main() -> None:
    """Load a large sample into a throwaway server, serve it, and open each role's map pages."""
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 3300
    folder = Path(tempfile.mkdtemp(prefix="gm"))
    folder.chmod(0o711)
    made = server.Server(folder / "server", server.find_server().user, throwaway=True)
    try:
        server.start(made)
        cluster.make_database(made)
        upkeep.migrate(_url(made, "superuser"))
        cells, number = _load(made, asked)
        with _serving(made, folder) as address, sync_playwright() as playwright:
            program = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
            for role, pages in PAGES.items():
                _visit(browser, address, role, [f"/d/{number}/{page}" for page in pages], cells)
            browser.close()
    finally:
        server.stop(made, "immediate")
        shutil.rmtree(folder)


def _load(made: server.Server, asked: int) -> tuple[int, int]:
    """Measure and load the sample with a user for each role; cells, and the district's number."""
    district = make_sample(asked)
    told = cover(district, at=AS_OF)
    names = ("coverage", "gaps", "summary", "service_areas", "views", "blind_spots", "presence")
    engine = open_owner_engine(_url(made, "gridmap_owner"))
    computed = {name: getattr(told, name) for name in names}
    number = load_district(engine, district, **computed, at=told.at)
    own = district["cells"]["cell_id"].head(20)
    with Session(engine) as session, session.begin():
        for role in PAGES:
            parts = [accounts.Part(number)]
            if role == "worker":
                parts = [accounts.Part(number, cell_id=one) for one in own]
            accounts.add_user(session, role, role, parts, password=PASSWORD)
    engine.dispose()
    return len(district["cells"]), number


@contextmanager
def _serving(made: server.Server, folder: Path) -> Iterator[str]:
    """Address of ``gridmap serve`` on the throwaway database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRIDMAP_DATABASE": _url(made), "GRIDMAP_HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("gridmap")), "serve", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as served:
        try:
            yield _wait(f"http://127.0.0.1:{port}")
        finally:
            served.terminate()


def _wait(address: str) -> str:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/healthz").close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return address
    raise SystemExit("the server did not answer within 30 s")


def _visit(browser: Browser, address: str, role: str, paths: list[str], cells: int) -> None:
    """Open pages as a role: the size of each, and the median of some drawings."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#username", role)
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url(lambda url: "/login" not in url)
    for path in paths:
        runs = sorted(_open(page, f"{address}{path}") for _ in range(RUNS))
        size = f"{cells} cells, {role} {path.split('/', 3)[3]}"
        report("map page [kB]", size, runs[0][1], "budget", PAGE_BUDGET_KB)
        report("map page drawn", size, runs[RUNS // 2][0], "budget", DRAWN_BUDGET_S)
    context.close()


def _open(page: Any, url: str) -> tuple[float, float]:
    """Seconds until the map is drawn, and the size of the page [kB]."""
    answer = page.goto(url)
    page.wait_for_selector(".gridmap-map[data-ready]")
    ready_ms = page.evaluate("performance.getEntriesByName('gridmap:ready')[0].startTime")
    return ready_ms / 1000, len(answer.body()) / 1000


def _url(made: server.Server, role: str = "gridmap_app") -> str:
    return cluster.address(made, role).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
