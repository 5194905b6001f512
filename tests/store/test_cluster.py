"""The private server: made, started, found running, recovered, stopped; never on a network."""

import os
import shutil
import signal
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest

from gridmap.errors import StoreError
from gridmap.store import cluster, server, upkeep
from gridmap.store.engines import database_url, open_engine

pytestmark = pytest.mark.store
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def home(monkeypatch):
    try:
        server.find_programs()
        user = server.find_server().user
    except StoreError as error:
        pytest.skip(str(error))
    folder = Path(tempfile.mkdtemp(prefix="gm"))
    folder.chmod(0o711)
    place = folder / "home"
    monkeypatch.setenv("GRIDMAP_HOME", str(place))
    monkeypatch.delenv("GRIDMAP_DATABASE", raising=False)
    yield place
    found = server.Server(place, user)
    server.stop(found, "immediate")
    shutil.rmtree(found.sockets, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def bare(home):
    """Server without a database in it."""
    made = server.Server(home, server.find_server(home).user, throwaway=True)
    server.start(made)
    return made


def test_up_makes_starts_and_migrates_and_up_again_changes_nothing(home):
    assert cluster.status().state == "absent"
    url = cluster.up()
    passwords = (home / "passwords.json").read_bytes()
    assert cluster.up() == url
    assert (home / "passwords.json").read_bytes() == passwords
    assert cluster.status().state == "running"
    engine = open_engine()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == "gridmap_app"
        assert upkeep.is_current(connection)
        settings = dict(
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT name, setting FROM pg_settings WHERE name IN "
                "('listen_addresses', 'jit', 'fsync', 'random_page_cost', 'password_encryption')"
            )
        )
    engine.dispose()
    assert settings == {
        "listen_addresses": "", "jit": "off", "fsync": "on", "random_page_cost": "1.1",
        "password_encryption": "scram-sha-256",
    }  # fmt: skip
    assert cluster.down()
    assert cluster.status().state == "stopped"
    assert not cluster.down()
    assert cluster.up() == url


def test_passwords_are_readable_by_their_owner_only_and_needed(bare):
    assert stat.S_IMODE(bare.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(bare.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(bare.files.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(bare.sockets), user=server.SUPERUSER, password="x")


def test_a_server_that_was_killed_is_started_again(bare):
    pid = int((bare.files / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    server.start(bare)
    assert server.answers(bare)


def test_a_pid_file_whose_number_another_process_took_is_no_obstacle(bare):
    server.stop(bare, "immediate")
    pid_file = bare.files / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{bare.files}\n0\n5432\n\n\n\nstarting\n")
    server.start(bare)
    assert server.answers(bare)


def test_a_stale_pid_file_is_not_taken_for_a_running_server(bare):
    server.stop(bare)
    (bare.files / "postmaster.pid").write_text(f"{os.getpid()}\n{bare.files}\n")
    assert not server.stop(bare)


def test_a_half_made_folder_is_made_anew(home):
    made = server.Server(home, server.find_server(home).user, throwaway=True)
    made.files.mkdir(parents=True)
    (made.files / "base").mkdir()
    server.start(made)
    assert server.answers(made)


def test_a_path_too_long_for_a_socket_gets_a_short_one(home):
    deep = home / ("d" * 60) / ("e" * 60)
    found = server.find_server(deep)
    assert len(str(found.sockets / ".s.PGSQL.5432").encode()) <= server.SOCKET_PATH_MAX
    made = server.Server(deep, found.user, throwaway=True)
    home.mkdir(mode=0o711)
    server.start(made)
    assert server.answers(made)
    server.stop(made, "immediate")
    shutil.rmtree(made.sockets)


def test_something_in_the_way_of_a_short_socket_is_refused(home):
    found = server.find_server(home / ("d" * 120))
    found.sockets.symlink_to("/")
    try:
        with pytest.raises(StoreError, match="is in the way"):
            server.start(found)
    finally:
        found.sockets.unlink()


def test_missing_postgresql_names_the_packages(home, monkeypatch, tmp_path):
    monkeypatch.setattr(server, "_LIBRARY", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StoreError, match=r"apt-get install postgresql-15 postgresql-15-postgis-3"):
        cluster.up()


def test_missing_postgis_names_the_package():
    told = upkeep._why_not_prepared('extension "postgis" is not available')
    assert "apt-get install postgresql-15-postgis-3" in told


@as_root
def test_root_without_the_system_user_is_told_how_to_get_it(home, monkeypatch):
    monkeypatch.setenv("GRIDMAP_SERVER_USER", "nobody-of-that-name")
    with pytest.raises(StoreError, match="refuses to run as root.*nobody-of-that-name"):
        cluster.up()


@as_root
def test_a_folder_the_server_may_not_enter_is_named(home):
    home.parent.chmod(0o700)
    with pytest.raises(StoreError, match=f"may not enter {home.parent}"):
        cluster.up()


def test_without_a_database_the_message_says_how_to_get_one(home):
    with pytest.raises(StoreError, match="gridmap db up"):
        database_url()


def test_an_address_that_cannot_be_read_is_refused_without_repeating_it():
    with pytest.raises(StoreError, match="cannot be read") as told:
        database_url("not an address with secret")
    assert "secret" not in str(told.value)


def test_a_role_that_escapes_row_level_security_is_refused(scratch):
    with scratch.superuser.begin() as connection:
        connection.exec_driver_sql("ALTER ROLE gridmap_app BYPASSRLS")
    try:
        with pytest.raises(StoreError, match="escapes row-level security"):
            scratch.app.connect()
    finally:
        with scratch.superuser.begin() as connection:
            connection.exec_driver_sql("ALTER ROLE gridmap_app NOBYPASSRLS")


def test_a_superuser_address_still_reads_under_row_level_security(toy_store):
    engine = open_engine(toy_store.text_url("superuser"))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cells").scalar() == 0
    engine.dispose()
