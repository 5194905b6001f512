"""Upkeep of a database: roles, extension, migrations and the comments of its columns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.schema import SetColumnComment, SetTableComment

from gridmap.errors import StoreError
from gridmap.store.engines import APP, OWNER, database_url
from gridmap.store.revisions import MIGRATIONS, newest_revision
from gridmap.store.tables import metadata

_ROLES = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') THEN
    CREATE ROLE {OWNER} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') THEN
    CREATE ROLE {APP} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT pg_has_role(current_user, '{OWNER}', 'MEMBER') THEN
    GRANT {OWNER} TO CURRENT_USER;
  END IF;
  IF NOT pg_has_role(current_user, '{APP}', 'MEMBER') THEN
    GRANT {APP} TO CURRENT_USER;
  END IF;
  IF NOT has_schema_privilege('{OWNER}', 'public', 'CREATE') THEN
    GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};
  END IF;
END $$
"""  # noqa: S608  names of our own roles


def migrate(url: str | None = None, revision: str = "head") -> None:
    """Bring a database to a revision of the schema: all or nothing.

    Parameters
    ----------
    url : str, optional
        Address whose login may create roles and the extension; default as for
        :func:`gridmap.store.engines.database_url`.
    revision : str
        Revision to go to; ``base`` removes everything.

    Raises
    ------
    StoreError
        If PostGIS is missing or the login may not do what is needed.
    """
    with _connect(database_url(url, role="superuser")) as connection:
        migrate_connection(connection, revision)


def migrate_connection(connection: Connection, revision: str = "head") -> None:
    """Bring the database of a connection to a revision, in the connection's transaction."""
    _prepare(connection)
    config = _config(connection)
    connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    try:
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
            write_comments(connection)
    except CommandError as error:
        raise StoreError(
            f"This database cannot be brought to revision '{revision}': {error}. It may have been "
            "made by a newer gridmap; use that one, or restore an older backup."
        ) from error
    connection.exec_driver_sql("RESET ROLE")


def find_drift(connection: Connection) -> list[Any]:
    """Differences between the tables of the code and those of the database.

    Returns
    -------
    list
        Operations Alembic would write; empty if there is no drift.
    """
    from alembic.autogenerate import compare_metadata

    context = MigrationContext.configure(
        connection,
        opts={"include_object": is_ours, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, metadata))


def is_current(connection: Connection) -> bool:
    """Whether the database is at the newest revision."""
    return MigrationContext.configure(connection).get_current_revision() == newest_revision()


def is_ours(_: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Whether Alembic should compare this object: not those of PostGIS, not daily partitions."""
    foreign = kind == "table" and reflected and compare_to is None
    return not (foreign and (name == "spatial_ref_sys" or str(name).startswith("fixes_")))


def write_comments(connection: Connection) -> None:
    """Write labels and meanings of ``schema.csv`` as comments of tables and columns."""
    for table in metadata.sorted_tables:
        if table.comment:
            connection.execute(SetTableComment(table))
        for column in table.columns:
            if column.comment:
                connection.execute(SetColumnComment(column))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connect(url: Any) -> Iterator[Connection]:
    engine: Engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise StoreError(
            f"The database cannot be reached: {str(error.orig).strip()}. Check the address, or "
            "start the private one with: gridmap db up"
        ) from error
    finally:
        engine.dispose()


def _prepare(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.exec_driver_sql(_ROLES)
    except (ProgrammingError, OperationalError) as error:
        raise StoreError(_why_not_prepared(str(error.orig).strip())) from error


def _why_not_prepared(told: str) -> str:
    if "postgis" in told and "not available" in told:
        return (
            "PostGIS is not installed beside this PostgreSQL. On Debian or Ubuntu: "
            "apt-get install postgresql-15-postgis-3 (the number is that of your PostgreSQL)."
        )
    return (
        f"This login may not prepare the database: {told}. Expected a login that may create roles "
        "and the extension postgis; once a superuser has run gridmap db migrate, any login with "
        f"the roles {OWNER} and {APP} will do."
    )
