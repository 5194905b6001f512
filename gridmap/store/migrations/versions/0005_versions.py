"""Every edit of a layer raises the version of its district, so that cached tiles grow old."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = (
    "communities", "cells", "roads", "buildings", "landuse", "population", "sites", "cameras",
    "posts", "duties", "requirements", "premises", "coverage", "gaps", "service_areas", "views",
    "blind_spots", "presence",
)  # fmt: skip
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    # Loading replaces every layer and raises the version itself, once.
    op.execute("""
        CREATE FUNCTION gridmap_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF coalesce(current_setting('app.loading', true), '') <> 'on' THEN
            UPDATE districts SET version = version + 1
            WHERE id IN (SELECT DISTINCT district_id FROM changed);
          END IF;
          RETURN NULL;
        END $$""")
    for table in _TABLES:
        for event, side in _EVENTS.items():
            op.execute(
                f"CREATE TRIGGER version_{event.lower()} AFTER {event} ON {table} "
                f"REFERENCING {side} TABLE AS changed "
                "FOR EACH STATEMENT EXECUTE FUNCTION gridmap_raise_version()"
            )


def downgrade() -> None:
    for table in _TABLES:
        for event in _EVENTS:
            op.execute(f"DROP TRIGGER version_{event.lower()} ON {table}")
    op.execute("DROP FUNCTION gridmap_raise_version()")
