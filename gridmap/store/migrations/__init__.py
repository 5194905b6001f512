"""Alembic migrations of the database; :func:`gridmap.store.upkeep.migrate` runs them."""
