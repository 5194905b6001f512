"""Key periods, zones, beats, plans, checkpoints and scans; streets walked and figures of quality.

When patrols come is for workers and liaisons. Scans carry positions of a shift: like fixes they
are out of the application's reach.
"""

from typing import Any

import geoalchemy2 as ga
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_LIAISON = f"{_HERE} AND {_ROLE} = 'liaison'"
_FIELD = f"{_HERE} AND {_ROLE} IN ('worker', 'liaison')"
_OWN = """((SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
READ = {
    "key_periods": _FIELD,
    "patrol_zones": f"{_FIELD} AND ({_OWN} OR cell_id = '*')",
    "beats": f"{_LIAISON} AND {_OWN}",
    # A plan says when which unit will be where.
    "plans": f"{_LIAISON} AND (SELECT gridmap_whole())",
    "checkpoints": f"{_FIELD} AND {_OWN}",
    "patrol_streets": f"{_LIAISON} AND {_OWN}",
    # Beats are compared over the whole district.
    "patrol_facts": f"{_LIAISON} AND (kind <> 'beats' OR (SELECT gridmap_whole()))",
}
HIDDEN = ("scans",)
_LAYERS = ("key_periods", "patrol_zones", "beats", "plans", "checkpoints", "scans")
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    _make_calendar()
    _make_places()
    _make_tracks()
    _make_results()
    for table in (*READ, *HIDDEN):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
    for table, rule in READ.items():
        op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
        op.execute(f"GRANT SELECT ON {table} TO gridmap_app")
    for table in _LAYERS:
        for event, side in _EVENTS.items():
            op.execute(
                f"CREATE TRIGGER version_{event.lower()} AFTER {event} ON {table} "
                f"REFERENCING {side} TABLE AS changed "
                "FOR EACH STATEMENT EXECUTE FUNCTION gridmap_raise_version()"
            )


def _make_calendar() -> None:
    op.create_table(
        "key_periods",
        *_keys("key_periods"),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text()),
        sa.Column("days", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
    )
    op.create_table(
        "patrol_zones",
        *_keys("patrol_zones"),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text()),
        sa.Column("place_class", sa.Text()),
        sa.Column("community_code", sa.Text()),
    )
    for table in ("key_periods", "patrol_zones"):
        op.create_index(f"ix_{table}_district_id", table, ["district_id"])


def _make_places() -> None:
    op.create_table(
        "beats",
        *_keys("beats"),
        sa.Column("beat_id", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
    )
    op.create_index("ix_beats_cell_id", "beats", ["district_id", "cell_id"])
    op.create_table(
        "checkpoints",
        *_keys("checkpoints"),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        _geometry(),
        sa.Column("cell_id", sa.Text()),
        sa.Column("community_code", sa.Text()),
        sa.UniqueConstraint(
            "district_id", "checkpoint_id", name="uq_checkpoints_district_id_checkpoint_id"
        ),
    )


def _make_tracks() -> None:
    op.create_table(
        "plans",
        *_keys("plans"),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        *_times("start", "end"),
        _geometry(),
        sa.UniqueConstraint("district_id", "plan_id", name="uq_plans_district_id_plan_id"),
    )
    op.create_table(
        "scans",
        *_keys("scans"),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        *_times("time"),
        sa.Column("accuracy_m", sa.Double()),
        _geometry(),
    )
    op.create_index("ix_scans_district_id", "scans", ["district_id"])


def _make_results() -> None:
    op.create_table(
        "patrol_streets",
        *_keys("patrol_streets"),
        *(sa.Column(name, sa.Text()) for name in ("cell_id", "community_code", "name", "highway")),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("covered_m", sa.Double(), nullable=False),
        sa.Column("covered_share", sa.Double()),
        sa.Column("covered", sa.Boolean(), nullable=False),
        _geometry(),
        sa.Column(
            "drawn",
            ga.Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
    )
    op.create_index("ix_patrol_streets_district_id", "patrol_streets", ["district_id"])
    op.create_index("ix_patrol_streets_drawn", "patrol_streets", ["drawn"], postgresql_using="gist")
    op.create_table(
        "patrol_facts",
        *_keys("patrol_facts"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.UniqueConstraint("district_id", "kind", name="uq_patrol_facts_district_id_kind"),
    )


def _times(*names: str) -> tuple[sa.Column[Any], ...]:
    return tuple(sa.Column(one, sa.DateTime(timezone=True), nullable=False) for one in names)


def _geometry() -> sa.Column[Any]:
    return sa.Column("geometry", ga.Geometry("GEOMETRY", 4326, spatial_index=False))


def _keys(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Columns and constraints that every table of a district has; each call makes its own."""
    return (
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name=f"fk_{table}_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name=f"pk_{table}"),
    )


def downgrade() -> None:
    for table in (*reversed(READ), *HIDDEN):
        op.drop_table(table)
