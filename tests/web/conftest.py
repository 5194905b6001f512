"""The application on a real database that holds the toy district, measured, and a user a role."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import Databases, _database

PASSWORD = "correct horse battery"
ROLES = ("worker", "planner", "liaison", "admin")
HOSTILE = "${alert(1)}</script><img src=x onerror=alert(1)>`{{7*7}}"


@dataclass(frozen=True)
class Site:
    """A running application and the numbers of its districts."""

    app: Flask
    store: Databases
    toy: int
    hostile: int


@pytest.fixture(scope="session")
def web_store(server: object) -> Iterator[tuple[Databases, int, int]]:
    """A database with the toy district as ``cover`` measures it, and a hostile twin."""
    from gridmap.store import accounts

    with _database(server) as made:
        toy, hostile = _load(made)
        with Session(made.owner) as session:
            for role in ROLES:
                _add(session, accounts, role, toy, hostile)
            accounts.add_user(session, "nobody", "planner", password=PASSWORD)
            session.commit()
        yield made, toy, hostile


@pytest.fixture(scope="session")
def site(web_store: tuple[Databases, int, int]) -> Iterator[Site]:
    """The application on that database."""
    made, toy, hostile = web_store
    app = make_app(made)
    yield Site(app, made, toy, hostile)
    close_app(app)


@pytest.fixture
def client(site: Site) -> FlaskClient:
    """A browser that is not signed in."""
    return site.app.test_client()


@pytest.fixture(scope="session")
def signed_in(site: Site) -> Callable[[str], FlaskClient]:
    """A browser signed in as a role, one for the whole run."""
    known: dict[str, FlaskClient] = {}

    def browser(role: str) -> FlaskClient:
        if role not in known:
            known[role] = site.app.test_client()
            assert sign_in(known[role], role).status_code == 302
        return known[role]

    return browser


def make_app(made: Databases, **changed: object) -> Flask:
    """The application with settings for tests."""
    from web import create_app
    from web.settings import Settings

    settings = {"secret_key": "k" * 40, "password_salt": "s" * 20, "login_tries": 1000}
    return create_app(Settings(**{**settings, "database": made.text_url(), **changed}))


def close_app(app: Flask) -> None:
    """Close the connections of an application."""
    from web import database

    with app.app_context():
        database.reader().dispose()
        database.accounts.engine.dispose()


def sign_in(browser: FlaskClient, name: str, password: str = PASSWORD, after: str = ""):
    """Sign in through the form, as a person does."""
    address = f"/login?next={after}" if after else "/login"
    token = csrf(browser.get(address).text)
    told = {"username": name, "password": password, "csrf_token": token}
    return browser.post(address, data=told)


def csrf(page: str) -> str:
    """The CSRF mark of a page."""
    return re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)


def _add(session, accounts, role, *districts):
    parts = [accounts.Part(one, cell_id="nw" if role == "worker" else None) for one in districts]
    accounts.add_user(session, role, role, parts, password=PASSWORD)


def _load(made: Databases) -> tuple[int, int]:
    from gridmap.samples import toy_district
    from gridmap.store.load import load_district
    from gridmap.store.standards import StandardsRows
    from gridmap.studies.cover import cover
    from gridmap.studies.grid_rows import grid_rows
    from gridmap.studies.patrol_results import stored_patrol
    from gridmap.studies.service_results import stored_results

    toy = toy_district()
    told = cover(toy, at=pd.Timestamp("2026-03-02T12:00:00+08:00").to_pydatetime())
    names = ["coverage", "gaps", "summary", "service_areas", "views", "blind_spots", "privacy"]
    tables = {name: getattr(told, name) for name in names}
    tables |= stored_results(told) | stored_patrol(told)
    tables |= {"presence": told.presence, "at": told.at.date()}
    tables["standards"] = StandardsRows(told.standards, told.standards_facts)
    tables["grid"] = grid_rows(toy, told.at.date())
    synthetic = toy.with_layers(
        provenance=pd.DataFrame({"layer": ["posts", "fixes"], "synthetic": [True, True]})
    )
    first = load_district(made.owner, synthetic, **tables)
    return first, load_district(made.owner, _hostile(toy), **tables)


def _hostile(toy):
    boundary = toy["boundary"].assign(name=HOSTILE, code="999999")
    cells = toy["cells"].assign(name=[f"{HOSTILE}{n}" for n in range(4)])
    communities = toy["communities"].assign(name=[HOSTILE] * 2)
    sites = toy["sites"].assign(name=[HOSTILE] * 3)
    posts = toy["posts"].assign(role=[HOSTILE] * 4, organisation=[HOSTILE] * 4)
    return toy.with_layers(
        boundary=boundary, cells=cells, communities=communities, sites=sites, posts=posts
    )
