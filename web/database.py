"""The database as pages see it: one transaction in the scope of the reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app
from flask_security import current_user
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, Engine

from gridmap.errors import ScopeError
from gridmap.store.accounts import scope_of
from gridmap.store.engines import database_url, open_engine, serve_sign_in
from gridmap.store.scope import Scope, scoped
from web.settings import Settings

accounts = SQLAlchemy()
"""Sessions that may look up accounts, and nothing else, to sign a user in."""
_READER = "gridmap.reader"


def add_database(app: Flask, settings: Settings) -> None:
    """Connect an application; nothing is opened before the first request."""
    app.config["SQLALCHEMY_ENGINES"] = {
        "default": {"url": database_url(settings.database), "pool_pre_ping": True, "pool_size": 2}
    }
    accounts.init_app(app)
    with app.app_context():
        serve_sign_in(accounts.engine)
    app.extensions[_READER] = open_engine(settings.database, pool_size=4)


def reader() -> Engine:
    """Engine whose transactions see what their scope lets them see."""
    engine: Engine = current_app.extensions[_READER]
    return engine


def answers() -> None:
    """Ask the database the shortest question; an error is raised if it does not answer."""
    with reader().connect() as connection:
        connection.exec_driver_sql("SELECT 1")


def own_scope(district_id: int | None = None) -> Scope:
    """Scope of whoever is signed in, for one district or without any.

    Raises
    ------
    ScopeError
        If nobody is signed in, or the district is not theirs.
    """
    if not current_user.is_authenticated:
        raise ScopeError("Nobody is signed in. Sign in first.")
    user: Any = current_user
    return scope_of(accounts.session.connection(), user.id, district_id)


@contextmanager
def reading(district_id: int | None = None) -> Iterator[Connection]:
    """One transaction in the scope of whoever is signed in.

    Yields
    ------
    Connection
        Sees the rows of the scope and no other.
    """
    with scoped(reader(), own_scope(district_id)) as connection:
        yield connection
