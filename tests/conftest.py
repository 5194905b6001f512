"""A real PostGIS for every test that asks: one throwaway server a run, a database a worker.

The server starts when the first test asks for it, is shared by all xdist workers and is removed
at the end of the run. Fixtures:

``postgis``        (session) Databases: addresses and engines of this worker's migrated database.
``toy_store``      (session) the same with the toy district loaded and measured; read only.
``app_engine``     (session) engine of the application on the toy store (row-level security).
``owner_engine``   (session) engine of the owner on the toy store.
``owner``          connection of the owner on the toy store; whatever a test does is rolled back.
``see``            function: ``see("worker", cells=("nw",))`` opens a scoped connection.
``scratch``        Databases of its own for a test that must commit; dropped afterwards.
"""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL, Connection, Engine, create_engine

FOLDER = "GRIDMAP_TEST_SERVER"
# How long an example takes says more of the machine than of the code.
settings.register_profile("gridmap", deadline=None)
settings.load_profile("gridmap")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ.pop("GRIDMAP_DATABASE", None)
        folder = Path(tempfile.mkdtemp(prefix="gm"))
        folder.chmod(0o711)
        os.environ[FOLDER] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(FOLDER))
    if (folder / "server").exists():
        from gridmap.store import server as server_module

        server_module.stop(_server(folder), "immediate")
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Databases:
    """One migrated database and the ways into it."""

    server: object
    name: str

    def url(self, role: str) -> URL:
        """Address for ``gridmap_app``, ``gridmap_owner`` or ``superuser``."""
        from gridmap.store import cluster

        return cluster.address(self.server, role, self.name)

    def text_url(self, role: str = "gridmap_app") -> str:
        """Address with its password, as GRIDMAP_DATABASE takes it."""
        return self.url(role).render_as_string(hide_password=False)

    @cached_property
    def app(self) -> Engine:
        from gridmap.store.engines import open_engine

        return open_engine(self.text_url())

    @cached_property
    def owner(self) -> Engine:
        from gridmap.store.engines import open_owner_engine

        return open_owner_engine(self.text_url("gridmap_owner"))

    @cached_property
    def superuser(self) -> Engine:
        return create_engine(self.url("superuser"))

    def dispose(self) -> None:
        """Close all connections."""
        self.superuser.dispose()
        self.app.dispose()
        self.owner.dispose()


@pytest.fixture(scope="session")
def server() -> object:
    """The throwaway server of this run, with a migrated template database."""
    from gridmap.errors import StoreError
    from gridmap.store import cluster, upkeep
    from gridmap.store import server as server_module

    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            server_module.find_programs()
            running = _server(folder)
        except StoreError as error:
            pytest.skip(str(error))
        server_module.start(running)
        if not (folder / "ready").exists():
            cluster.make_database(running)
            template = cluster.address(running, "superuser")
            upkeep.migrate(template.render_as_string(hide_password=False))
            (folder / "ready").touch()
    return running


@pytest.fixture(scope="session")
def postgis(server: object) -> Iterator[Databases]:
    """An empty migrated database of this worker."""
    with _database(server) as made:
        yield made


@pytest.fixture(scope="session")
def toy_store(server: object) -> Iterator[Databases]:
    """A database that holds the toy district with hand-written coverage; read only."""
    from tests.store.toy_coverage import load_toy

    with _database(server) as made:
        load_toy(made.owner)
        yield made


@pytest.fixture
def scratch(server: object) -> Iterator[Databases]:
    """A migrated database for one test that must commit."""
    with _database(server) as made:
        yield made


@pytest.fixture(scope="session")
def app_engine(toy_store: Databases) -> Engine:
    return toy_store.app


@pytest.fixture(scope="session")
def owner_engine(toy_store: Databases) -> Engine:
    return toy_store.owner


@pytest.fixture
def owner(owner_engine: Engine) -> Iterator[Connection]:
    """Connection of the owner; rolled back whatever the test does."""
    with owner_engine.connect() as connection:
        change = connection.begin()
        yield connection
        change.rollback()


See = Callable[..., AbstractContextManager[Connection]]


@pytest.fixture
def see(app_engine: Engine) -> See:
    """Open a connection that sees what a role sees; district 1 unless said otherwise."""
    from gridmap.store.scope import Scope, scoped

    def open_scoped(
        role: str,
        districts: tuple[int, ...] = (1,),
        communities: tuple[str, ...] | None = None,
        cells: tuple[str, ...] | None = None,
    ) -> AbstractContextManager[Connection]:
        return scoped(app_engine, Scope(1, role, districts, communities, cells))

    return open_scoped


def _server(folder: Path) -> object:
    from gridmap.store import server as server_module

    return server_module.Server(folder / "server", server_module.find_server().user, throwaway=True)


@contextmanager
def _database(server: object) -> Iterator[Databases]:
    from gridmap.store import cluster

    name = f"test_{uuid.uuid4().hex[:12]}"
    template = create_engine(
        cluster.address(server, "superuser", "postgres"), isolation_level="AUTOCOMMIT"
    )
    with template.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} OWNER gridmap_owner TEMPLATE {cluster.DATABASE}"
        )
    made = Databases(server, name)
    try:
        yield made
    finally:
        made.dispose()
        with template.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        template.dispose()
