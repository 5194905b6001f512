"""Nothing acknowledged is lost: workers and the database are killed while phones send."""

import datetime as dt
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text

from gridmap.errors import StoreError

pytestmark = pytest.mark.store
TOKEN = "crash-token"
RUN = [sys.executable, "-c", "import gridmap.cli, sys; sys.exit(gridmap.cli.main())"]


@pytest.fixture
def running(monkeypatch):
    """A private database of its own, synced to disk, and two workers that serve it."""
    from gridmap.samples import toy_district
    from gridmap.store import cluster, server
    from gridmap.store import tables as t
    from gridmap.store.engines import open_owner_engine
    from gridmap.store.load import load_district
    from gridmap.store.shifts import hash_token

    try:
        server.find_programs()
        user = server.find_server().user
    except StoreError as error:
        pytest.skip(str(error))
    folder = Path(tempfile.mkdtemp(prefix="gm"))
    folder.chmod(0o711)
    monkeypatch.setenv("GRIDMAP_HOME", str(folder / "home"))
    monkeypatch.delenv("GRIDMAP_DATABASE", raising=False)
    cluster.up()
    engine = open_owner_engine()
    number = load_district(engine, toy_district())
    now, hour = dt.datetime.now(dt.UTC), dt.timedelta(hours=1)
    unit = {"district_id": number, "unit_id": "u1"}
    with engine.begin() as connection:
        connection.execute(insert(t.devices), [unit | {"token_hash": hash_token(TOKEN)}])
        times = {"start": now - hour, "end": now + hour, "entered_at": now, "shift_id": "s1"}
        connection.execute(insert(t.shifts), [unit | times])
        west, south, east, north = connection.scalar(select(t.districts.c.bounds))
    engine.dispose()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    log = (folder / "log").open("wb")
    with subprocess.Popen(
        [*RUN, "serve", "--port", str(port), "--workers", "2"], stdout=log, stderr=log
    ) as process:
        try:
            _wait(port)
            yield process.pid, port, ((west + east) / 2, (south + north) / 2)
        finally:
            process.terminate()
    log.close()
    found = server.Server(folder / "home", user)
    server.stop(found, "immediate")
    shutil.rmtree(found.sockets, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


class Phones:
    """Phones that send until they are stopped, and keep what was acknowledged to them."""

    def __init__(self, port, spot):
        self.port, self.spot = port, spot
        self.acknowledged, self.refused = set(), 0
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(n,)) for n in range(4)]
        for one in self.threads:
            one.start()

    def send(self, phone):
        turn, begin = 0, time.time() - 3000
        while not self.done.is_set():
            times = [round(begin + turn * 0.5 + n * 0.05 + phone * 0.01, 3) for n in range(5)]
            body = {"batch": f"{phone}-{turn}", "fixes": [self.fix(one) for one in times]}
            if self.post(body):
                self.acknowledged.update(times)
                turn += 1
            else:
                self.refused += 1
                time.sleep(0.05)

    def post(self, body):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            heads = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
            line.request("POST", "/ingest/fixes", json.dumps(body), heads)
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def fix(self, moment):
        return {"time": moment, "lon": self.spot[0], "lat": self.spot[1], "accuracy": 5}

    def wait_for(self, more, timeout_s=60):
        goal, until = len(self.acknowledged) + more, time.monotonic() + timeout_s
        while len(self.acknowledged) < goal and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.acknowledged) >= goal, "the phones are not heard any more"

    def stop(self):
        self.done.set()
        for one in self.threads:
            one.join()


def test_nothing_acknowledged_is_lost_when_a_worker_or_the_database_is_killed(running):
    from gridmap.store import cluster

    serving, port, spot = running
    phones = Phones(port, spot)
    try:
        phones.wait_for(50)
        os.kill(_children(serving)[0], signal.SIGKILL)
        phones.wait_for(50)
        files = Path(os.environ["GRIDMAP_HOME"]) / "postgres"
        postmaster = int((files / "postmaster.pid").read_text().splitlines()[0])
        for one in [postmaster, *_children(postmaster)]:
            os.kill(one, signal.SIGKILL)
        cluster.up()
        phones.wait_for(50)
    finally:
        phones.stop()
    assert phones.refused, "the crash was not felt: it proves nothing"
    engine = create_engine(cluster.url_for("superuser"))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT extract(epoch FROM time)::float8 FROM fixes WHERE entered_at IS NOT NULL")
        ).scalars()
        stored = [round(one, 3) for one in rows]
    engine.dispose()
    assert phones.acknowledged <= set(stored)
    assert len(stored) == len(set(stored)), "a fix was stored twice"


def _children(pid):
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in tasks.read_text().split()]


def _wait(port):
    for _ in range(300):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")
