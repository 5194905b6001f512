"""What serves each cell, where the people live who are not served, and what charts draw."""

from typing import Any

import geoalchemy2 as ga
import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_MEMBER = f"{_ROLE} IN ('worker', 'planner', 'liaison', 'admin')"
_STAFF = f"{_ROLE} IN ('planner', 'liaison', 'admin')"
_OWN = """((SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_LOADS = (
    "people", "walk_mean_m", "walk_p90_m", "walk_max_m", "capacity", "load", "people_over",
)  # fmt: skip
READ = {
    # Where people live is for planners, as the layer population is.
    "unserved": f"{_HERE} AND {_ROLE} = 'planner' AND {_OWN}",
    "cell_sites": f"{_HERE} AND {_MEMBER} AND {_OWN}",
    # Totals of the district, as the summaries are.
    "service_curves": f"{_HERE} AND {_STAFF}",
    "catchments": f"{_HERE} AND {_STAFF}",
    "site_loads": f"{_HERE} AND {_STAFF}",
}


def upgrade() -> None:
    _make_unserved()
    _make_cell_sites()
    _make_curves()
    _make_catchments()
    for table, rule in READ.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
        op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
        op.execute(f"GRANT SELECT ON {table} TO gridmap_app")


def _make_unserved() -> None:
    op.create_table(
        "unserved",
        *_keys("unserved"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("people", sa.Double()),
        *_shapes(),
    )
    op.create_index("ix_unserved_type", "unserved", ["district_id", "type"])
    op.create_index("ix_unserved_drawn", "unserved", ["drawn"], postgresql_using="gist")


def _make_cell_sites() -> None:
    op.create_table(
        "cell_sites",
        *_keys("cell_sites"),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("site_name", sa.Text()),
        *(
            sa.Column(name, sa.Double())
            for name in ("walk_m", "least_m", "nearest_share", "norm_share")
        ),
        sa.Column("from_middle", sa.Boolean()),
        sa.UniqueConstraint(
            "district_id",
            "cell_id",
            "type",
            "state",
            "place",
            name="uq_cell_sites_district_id_cell_id_type_state_place",
        ),
    )


def _make_curves() -> None:
    op.create_table(
        "service_curves",
        *_keys("service_curves"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("curve", sa.Text(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
    )
    op.create_index("ix_service_curves_type", "service_curves", ["district_id", "type"])


def _make_catchments() -> None:
    op.create_table(
        "catchments",
        *_keys("catchments"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text()),
        sa.Column("people", sa.Double()),
        sa.Column("area_m2", sa.Double()),
        *_shapes(),
    )
    op.create_index("ix_catchments_type", "catchments", ["district_id", "type"])
    op.create_index("ix_catchments_drawn", "catchments", ["drawn"], postgresql_using="gist")
    op.create_table(
        "site_loads",
        *_keys("site_loads"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text()),
        sa.Column("site_name", sa.Text()),
        *(sa.Column(name, sa.Double()) for name in _LOADS),
    )
    op.create_index("ix_site_loads_type", "site_loads", ["district_id", "type"])


def _shapes() -> tuple[sa.Column[Any], ...]:
    """Geometry in degrees, and as tiles draw it."""
    return (
        sa.Column("geometry", ga.Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            ga.Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
    )


def _keys(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Columns and constraints that every table of results has; each call makes its own."""
    return (
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name=f"fk_{table}_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name=f"pk_{table}"),
    )


def downgrade() -> None:
    for table in reversed(READ):
        op.drop_table(table)
