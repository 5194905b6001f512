"""Run by Alembic: the connection comes from :mod:`gridmap.store.upkeep`, never from a file."""

from alembic import context

from gridmap.store.tables import metadata
from gridmap.store.upkeep import is_ours


def run() -> None:
    """Run the migrations on the connection Alembic was given, in its transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        include_object=is_ours,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic runs this file by loading it; whoever else imports it (doctests do) runs nothing.
if hasattr(context, "config"):
    run()
