"""Scenarios of planners, and who may see them; tags of streets that tell who walks there.

A planner of the whole district keeps scenarios of his own; one that is shared is read by the other
planners of the whole district, and changed by nobody but its owner. What is removed stays, for its
owner to take back; nothing is ever deleted but with its district.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WALK_TAGS = ("bridge", "foot", "sidewalk")
_PLANNER = """district_id = ANY ((SELECT gridmap_districts())::integer[])
    AND (SELECT gridmap_role()) = 'planner' AND (SELECT gridmap_whole())"""
# Nobody owns what a scope without a user asks for: the comparison is then unknown, not true.
_OWN = "user_id = ((SELECT gridmap_scope()) ->> 'user_id')::integer"
_POLICIES = {
    "owner_all": "TO gridmap_owner USING (true) WITH CHECK (true)",
    "app_read": (
        f"FOR SELECT TO gridmap_app USING ({_PLANNER} AND ({_OWN} OR (shared AND state = 'kept')))"
    ),
    "app_begin": f"FOR INSERT TO gridmap_app WITH CHECK ({_PLANNER} AND {_OWN})",
    "app_edit": (
        f"FOR UPDATE TO gridmap_app USING ({_PLANNER} AND {_OWN}) "
        f"WITH CHECK ({_PLANNER} AND {_OWN})"
    ),
}


def upgrade() -> None:
    for name in WALK_TAGS:
        op.add_column("roads", sa.Column(name, sa.Text(), comment=f"OSM tag {name}, if known."))
    op.create_table(
        "scenarios",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.Text(), server_default="kept", nullable=False),
        sa.Column("operations", JSONB(), server_default="[]", nullable=False),
        sa.Column("undone", JSONB(), server_default="[]", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("headline", JSONB(), server_default="{}", nullable=False),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            )
            for name in ("created_at", "changed_at")
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_scenarios_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scenarios"),
        sa.CheckConstraint("state IN ('kept', 'removed')", name=op.f("ck_scenarios_state")),
        sa.CheckConstraint(
            "octet_length(operations::text) + octet_length(undone::text) < 1048576",
            name=op.f("ck_scenarios_size"),
        ),
    )
    op.create_index("ix_scenarios_district_id", "scenarios", ["district_id", "user_id"])
    op.execute("ALTER TABLE scenarios ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE scenarios FORCE ROW LEVEL SECURITY")
    for name, rule in _POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON scenarios {rule}")
    op.execute("GRANT SELECT ON scenarios TO gridmap_app")
    op.execute(
        "GRANT INSERT (district_id, user_id, title, operations, base, headline) "
        "ON scenarios TO gridmap_app"
    )
    op.execute(
        "GRANT UPDATE (title, shared, state, operations, undone, revision, base, headline, "
        "changed_at) ON scenarios TO gridmap_app"
    )


def downgrade() -> None:
    op.drop_table("scenarios")
    for name in WALK_TAGS:
        op.drop_column("roads", name)
