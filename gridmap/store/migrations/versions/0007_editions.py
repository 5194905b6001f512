"""Editions of the grid: cells of the past and the lineage between them.

A planner of the whole district may put new cells in force. What belongs to them and a planner may
not read (patrol figures, presence, camera views) follows through ``gridmap_carry_edition``, which
runs with the rights of the owner, looks at the scope itself and hands nothing back.
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

from gridmap.store.migrations.carrying import CARRY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("past_cells", "past_communities", "lineage", "editions")
_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_MEMBER = f"{_ROLE} IN ('worker', 'planner', 'liaison', 'admin')"
_WITHIN = """(SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])"""
_CELLS = "ANY ((SELECT gridmap_limits('cell_ids'))::text[])"
_PUBLISHER = f"{_HERE} AND {_ROLE} = 'planner' AND (SELECT gridmap_whole())"
READ = {
    # What one's own cell came from may be looked at, too.
    "past_cells": f"""{_HERE} AND {_MEMBER} AND ({_WITHIN} OR cell_id = {_CELLS}
        OR EXISTS (SELECT FROM lineage l WHERE l.district_id = past_cells.district_id
            AND l.old_cell_id = past_cells.cell_id AND l.new_cell_id = {_CELLS}))""",
    "past_communities": f"{_HERE} AND {_MEMBER}",
    "lineage": f"""{_HERE} AND {_MEMBER} AND ({_WITHIN} OR new_cell_id = {_CELLS}
        OR old_cell_id = {_CELLS})""",
    "editions": f"{_HERE} AND {_MEMBER}",
}
"""What the application may read."""
WRITE = {
    "cells": ("INSERT", "UPDATE (grid_version)", "DELETE"),
    "past_cells": ("INSERT",),
    "lineage": ("INSERT",),
    "editions": ("INSERT",),
    "duties": ("INSERT", "DELETE"),
}
"""What publishing an edition writes; everything else follows through the function."""
_PATH = "pg_catalog, public, pg_temp"
"""Unless it is named last, a temporary table of the caller would hide the real one."""
_OWNED_BEFORE = ("gridmap_post_cells(integer, integer, date)", "gridmap_audit_chain()")


def upgrade() -> None:
    _make_tables()
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
        op.execute(
            f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({READ[table]})"
        )
        op.execute(f"GRANT SELECT ON {table} TO gridmap_app")
    _let_planners_publish()
    for head, body in CARRY.items():
        op.execute(f"CREATE FUNCTION {head} {body}")
        op.execute(f"REVOKE ALL ON FUNCTION {head} FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION gridmap_carry_edition(integer, text) TO gridmap_app")
    # Whoever may edit a layer need not be able to edit districts.
    op.execute(f"ALTER FUNCTION gridmap_raise_version() SECURITY DEFINER SET search_path = {_PATH}")
    for head in _OWNED_BEFORE:
        op.execute(f"ALTER FUNCTION {head} SET search_path = {_PATH}")
        op.execute(f"REVOKE ALL ON FUNCTION {head} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_OWNED_BEFORE[0]} TO gridmap_app")


def _make_tables() -> None:
    op.add_column(
        "districts", sa.Column("grid_edition", sa.Integer(), server_default="1", nullable=False)
    )
    for name in ("valid_from", "valid_to"):
        op.add_column("communities", sa.Column(name, sa.Date()))
    _make_past_cells()
    op.create_table(
        "past_communities",
        *_own("past_communities"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street_code", sa.Text()),
        sa.Column("street_name", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
    )
    op.create_index("ix_past_communities_district_id", "past_communities", ["district_id"])
    _make_lineage()
    op.create_table(
        "editions",
        *_own("editions"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("grid_version", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("author", sa.Text()),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("counts", JSONB(), server_default="{}", nullable=False),
        sa.UniqueConstraint(
            "district_id", "grid_version", name="uq_editions_district_id_grid_version"
        ),
    )


def _own(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name=f"fk_{table}_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name=f"pk_{table}"),
    ]


def _make_past_cells() -> None:
    op.create_table(
        "past_cells",
        *_own("past_cells"),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("code", "name", "kind")),
        sa.Column("households", sa.Double()),
        sa.Column("population", sa.Double()),
        sa.Column("grid_version", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.Column("area_m2", sa.Double()),
        sa.Column("border_m", sa.Double()),
    )
    op.create_index("ix_past_cells_cell_id", "past_cells", ["district_id", "cell_id"])
    op.create_index("ix_past_cells_drawn", "past_cells", ["drawn"], postgresql_using="gist")


def _make_lineage() -> None:
    op.create_table(
        "lineage",
        *_own("lineage"),
        sa.Column("old_cell_id", sa.Text(), nullable=False),
        sa.Column("new_cell_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("old_version", sa.Text()),
        sa.Column("grid_version", sa.Text()),
        *(
            sa.Column(name, sa.Double())
            for name in ("area_m2", "area_share", "households", "population")
        ),
        sa.Column("community_code", sa.Text()),
    )
    for side in ("new_cell_id", "old_cell_id"):
        op.create_index(f"ix_lineage_{side}", "lineage", ["district_id", side])


def _let_planners_publish() -> None:
    for table, verbs in WRITE.items():
        op.execute(f"GRANT {', '.join(verbs)} ON {table} TO gridmap_app")
        for verb in (one.split()[0] for one in verbs):
            check = {
                "INSERT": f"WITH CHECK ({_PUBLISHER})",
                "DELETE": f"USING ({_PUBLISHER})",
                "UPDATE": f"USING ({_PUBLISHER}) WITH CHECK ({_PUBLISHER})",
            }[verb]
            op.execute(
                f"CREATE POLICY app_publish_{verb.lower()} ON {table} FOR {verb} "
                f"TO gridmap_app {check}"
            )
    op.execute("GRANT UPDATE (grid_edition) ON districts TO gridmap_app")
    district = _PUBLISHER.replace("district_id", "id")
    op.execute(
        f"CREATE POLICY app_publish ON districts FOR UPDATE TO gridmap_app "
        f"USING ({district}) WITH CHECK ({district})"
    )


def downgrade() -> None:
    op.execute("ALTER FUNCTION gridmap_raise_version() SECURITY INVOKER RESET search_path")
    for head in _OWNED_BEFORE:
        op.execute(f"ALTER FUNCTION {head} SET search_path = pg_catalog, public")
        op.execute(f"GRANT EXECUTE ON FUNCTION {head} TO PUBLIC")
    for name in CARRY:
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP POLICY app_publish ON districts")
    op.execute("REVOKE UPDATE (grid_edition) ON districts FROM gridmap_app")
    for table in ("cells", "duties"):
        verbs = WRITE[table]
        op.execute(f"REVOKE {', '.join(verbs)} ON {table} FROM gridmap_app")
        for verb in (one.split()[0] for one in verbs):
            op.execute(f"DROP POLICY app_publish_{verb.lower()} ON {table}")
    for table in ("editions", "past_cells", "lineage", "past_communities"):
        op.drop_table(table)
    for name in ("valid_from", "valid_to"):
        op.drop_column("communities", name)
    op.drop_column("districts", "grid_edition")
