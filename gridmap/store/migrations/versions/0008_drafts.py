"""Drafts of borders that planners edit.

Every planner of the whole district reads all drafts of the district and may go on with an open
one; what was published or discarded cannot be changed any more, and nothing is ever deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PLANNER = """district_id = ANY ((SELECT gridmap_districts())::integer[])
    AND (SELECT gridmap_role()) = 'planner' AND (SELECT gridmap_whole())"""
_OWN = "user_id IS NOT DISTINCT FROM ((SELECT gridmap_scope()) ->> 'user_id')::integer"
_POLICIES = {
    "owner_all": "TO gridmap_owner USING (true) WITH CHECK (true)",
    "app_read": f"FOR SELECT TO gridmap_app USING ({_PLANNER})",
    "app_begin": (
        f"FOR INSERT TO gridmap_app WITH CHECK ({_PLANNER} AND state = 'open' AND {_OWN})"
    ),
    "app_edit": (
        f"FOR UPDATE TO gridmap_app USING ({_PLANNER} AND state = 'open') WITH CHECK ({_PLANNER})"
    ),
}


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("base_edition", sa.Integer(), nullable=False),
        sa.Column("operations", JSONB(), server_default="[]", nullable=False),
        sa.Column("undone", JSONB(), server_default="[]", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("published_edition", sa.Integer()),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            )
            for name in ("created_at", "changed_at")
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_drafts_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.CheckConstraint(
            "state IN ('open', 'published', 'discarded')", name=op.f("ck_drafts_state")
        ),
        sa.CheckConstraint(
            "octet_length(operations::text) + octet_length(undone::text) < 4194304",
            name=op.f("ck_drafts_size"),
        ),
    )
    op.create_index("ix_drafts_district_id", "drafts", ["district_id", "state"])
    op.execute("ALTER TABLE drafts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE drafts FORCE ROW LEVEL SECURITY")
    for name, rule in _POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON drafts {rule}")
    op.execute("GRANT SELECT ON drafts TO gridmap_app")
    op.execute("GRANT INSERT (district_id, user_id, title, base_edition) ON drafts TO gridmap_app")
    op.execute(
        "GRANT UPDATE (title, state, base_edition, operations, undone, revision, "
        "published_edition, changed_at) ON drafts TO gridmap_app"
    )


def downgrade() -> None:
    op.drop_table("drafts")
