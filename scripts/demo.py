"""What scripts/demo does once the machine is set up: load, print the accounts, serve or check."""

import argparse
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from pathlib import Path

from gridmap.cli.terminal import Bar
from gridmap.errors import GridmapError
from gridmap.studies.demo import prepare_demo

PAGES = {
    "worker": ("/d/{}/my-cells", "/d/{}/my-cells/map", "/d/{}/gaps", "/d/{}/shift/", "/account"),
    "planner": (
        "/d/{}/overview", "/d/{}/services", "/d/{}/services?type=pharmacy", "/d/{}/plan/sites",
        "/d/{}/plan/sites?type=pharmacy&objective=mclp&count=2", "/d/{}/scenarios", "/d/{}/jobs",
        "/d/{}/staffing", "/d/{}/patrol", "/d/{}/gaps",
        "/d/{}/gaps.csv", "/d/{}/search?q=1", "/d/{}/grid", "/d/{}/grid/drafts", "/d/{}/history",
        "/d/{}/standards", "/d/{}/answers",
    ),
    "liaison": (
        "/d/{}/overview", "/d/{}/patrol", "/d/{}/patrol/map", "/d/{}/patrol/gaps",
        "/d/{}/patrol/streets", "/d/{}/patrol/quality", "/d/{}/patrol/beats", "/d/{}/patrol/routes",
        "/d/{}/patrol/live", "/d/{}/cameras", "/d/{}/cameras?show=depth",
        "/d/{}/cameras?table=cameras", "/d/{}/cameras/*", "/d/{}/privacy", "/d/{}/plan/cameras",
        "/d/{}/gaps",
    ),
    "admin": ("/d/{}/overview", "/d/{}/gaps", "/users", "/audit"),
}  # fmt: skip
"""Each role's pages, fetched once by ``--check``; ``{}`` is the number of the district, ``*`` what
the page before links to first."""
GRIDMAP = Path(sys.executable).with_name("gridmap")


def main() -> int:
    """Prepare, then serve until stopped, or check every page and stop."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fetch every role's pages, then stop")
    parser.add_argument("--fresh", action="store_true", help="load the sample district again")
    parser.add_argument("--port", type=int, default=8000)
    told = parser.parse_args()
    try:
        with Bar() as progress:
            passwords = prepare_demo(fresh=told.fresh, progress=progress)
    except GridmapError as error:
        print(f"gridmap: {error}", file=sys.stderr)
        return 2
    port = _free_port() if told.check else told.port
    print("\nDemo accounts (new passwords on every start):")
    for role, password in passwords.items():
        print(f"  {role:<8} {password}")
    print(f"\nOpen http://127.0.0.1:{port}   (Ctrl-C stops)\n", flush=True)
    command = [str(GRIDMAP), "serve", "--port", str(port)]
    if told.check:
        return _check(command, port, passwords)
    return os.execv(command[0], command)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _check(command: list[str], port: int, passwords: Mapping[str, str]) -> int:
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            _wait(address, server)
            failures = sum(_visit(address, role, passwords[role]) for role in PAGES)
        finally:
            server.terminate()
    print("every page answers" if not failures else f"{failures} pages failed")
    return 1 if failures else 0


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            told = server.stderr.read().decode() if server.stderr else ""
            raise SystemExit(f"the server stopped at once:\n{told}")
        try:
            with urllib.request.urlopen(f"{address}/healthz"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the server did not answer within 30 s")


def _visit(address: str, role: str, password: str) -> int:
    """Sign in as a role and fetch its pages; the number of pages that failed."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    try:
        with browser.open(f"{address}/login") as form:
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.read().decode())
        told = {"username": role, "password": password, "csrf_token": token[1] if token else ""}
        with browser.open(f"{address}/login", urllib.parse.urlencode(told).encode()) as first:
            number = re.search(r"/d/(\d+)/", first.url)
    except urllib.error.HTTPError as error:
        print(f"{role:<8} could not sign in: {error}")
        return len(PAGES[role])
    failures, before = 0, b""
    for page in PAGES[role]:
        path = _linked(page.format(number[1] if number else 0), before)
        fine, before = _fetch(browser, address, role, path)
        failures += not fine
    return failures


def _linked(page: str, before: bytes) -> str:
    """Address with ``*`` as the page before it tells it; as it is where that has no such link."""
    start, star, _ = page.partition("*")
    found = re.search(rf'href="({re.escape(start)}[^"?]+)"', before.decode()) if star else None
    return found[1] if found else page


def _fetch(
    browser: urllib.request.OpenerDirector, address: str, role: str, page: str
) -> tuple[bool, bytes]:
    start = time.perf_counter()
    try:
        with browser.open(address + page) as answer:
            body, code, where = answer.read(), answer.status, urllib.parse.urlsplit(answer.url).path
    except urllib.error.HTTPError as error:
        body, code, where = b"", error.code, page
    fine = code == 200 and where == urllib.parse.urlsplit(page).path
    took_ms = (time.perf_counter() - start) * 1000
    told = f"{role:<8} {page:<18} {code} {len(body) / 1000:6.1f} kB {took_ms:5.0f} ms"
    print(("ok   " if fine else "FAIL ") + told)
    return fine, body


if __name__ == "__main__":
    sys.exit(main())
