"""Figures of the grid and findings about it, shown on its page and on maps.

Staff read those of their districts, cell by cell within their limits. A planner of the whole
district writes them anew after publishing an edition.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_STAFF = f"{_HERE} AND {_ROLE} IN ('planner', 'liaison', 'admin')"
_OWN = """((SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_PLANNER = f"{_HERE} AND {_ROLE} = 'planner' AND (SELECT gridmap_whole())"
_SEEN = """EXISTS (SELECT FROM grid_finding_cells c
    WHERE c.district_id = grid_findings.district_id AND c.number = grid_findings.number)"""
READ = {
    "grid_states": f"{_STAFF} AND (SELECT gridmap_whole())",
    # What a finding says names its cells: whoever sees none of them does not read it either.
    "grid_findings": f"{_STAFF} AND ((SELECT gridmap_whole()) OR {_SEEN})",
    "grid_finding_cells": f"{_STAFF} AND {_OWN}",
    "grid_figures": f"{_STAFF} AND {_OWN}",
}
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        "grid_states",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        _of_district("grid_states"),
        sa.PrimaryKeyConstraint("district_id", name="pk_grid_states"),
    )
    _make_findings()
    op.create_table(
        "grid_figures",
        *_own("grid_figures"),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("value", sa.Double()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "district_id", "measure", "cell_id", name="uq_grid_figures_district_id_measure_cell_id"
        ),
    )
    for table, rule in READ.items():
        _guard(table, rule)


def _make_findings() -> None:
    text = ("principle", "rule", "severity", "layer", "found", "remedy")
    op.create_table(
        "grid_findings",
        *_own("grid_findings"),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in text),
        sa.UniqueConstraint("district_id", "number", name="uq_grid_findings_district_id_number"),
    )
    op.create_table(
        "grid_finding_cells",
        *_own("grid_finding_cells"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text()),
        sa.Column("community_code", sa.Text()),
    )
    op.create_index("ix_grid_finding_cells_number", "grid_finding_cells", ["district_id", "number"])


def _own(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        _of_district(table),
        sa.PrimaryKeyConstraint("gid", name=f"pk_{table}"),
    ]


def _of_district(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["district_id"], ["districts.id"], name=f"fk_{table}_district_id", ondelete="CASCADE"
    )


def _guard(table: str, rule: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
    )
    op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
    op.execute(
        f"CREATE POLICY app_renew_insert ON {table} FOR INSERT TO gridmap_app "
        f"WITH CHECK ({_PLANNER})"
    )
    op.execute(
        f"CREATE POLICY app_renew_delete ON {table} FOR DELETE TO gridmap_app USING ({_PLANNER})"
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO gridmap_app")
    # Tiles of the grid grow old with its figures, as those of coverage do.
    for event, side in _EVENTS.items():
        op.execute(
            f"CREATE TRIGGER version_{event.lower()} AFTER {event} ON {table} "
            f"REFERENCING {side} TABLE AS changed "
            "FOR EACH STATEMENT EXECUTE FUNCTION gridmap_raise_version()"
        )


def downgrade() -> None:
    for table in READ:
        op.drop_table(table)
