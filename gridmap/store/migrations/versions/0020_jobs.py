"""Long work that a page asked for: its progress, its answer, and the wish to stop it.

A job belongs to whoever asked for it, in the very scope in which it was asked: an answer made of
what a liaison may see is not there any more for somebody who has become a planner. What has ended
is never written again; the application may forget it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_OWN = """district_id = ANY ((SELECT gridmap_districts())::integer[])
    AND (SELECT gridmap_role()) IN ('worker', 'planner', 'liaison', 'admin')
    AND owner = ((SELECT gridmap_scope()) ->> 'user_id')::integer
    AND scope = (SELECT gridmap_scope())"""
_GOING = "state IN ('waiting', 'running')"
_POLICIES = {
    "owner_all": "TO gridmap_owner USING (true) WITH CHECK (true)",
    "app_read": f"FOR SELECT TO gridmap_app USING ({_OWN})",
    "app_ask": f"FOR INSERT TO gridmap_app WITH CHECK ({_OWN} AND state = 'waiting')",
    "app_go_on": f"FOR UPDATE TO gridmap_app USING ({_OWN} AND {_GOING}) WITH CHECK ({_OWN})",
    "app_forget": f"FOR DELETE TO gridmap_app USING ({_OWN} AND NOT {_GOING})",
}


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("scope", JSONB(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", JSONB(), server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", JSONB()),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("stop_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            )
            for name in ("asked_at", "beat_at")
        ),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_jobs_district_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_jobs_owner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'stopped', 'failed')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint(
            "octet_length(question::text) + octet_length(answer::text) < 16777216",
            name=op.f("ck_jobs_size"),
        ),
    )
    op.create_index("ix_jobs_owner", "jobs", ["owner", "district_id", "kind"])
    op.execute("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    for name, rule in _POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON jobs {rule}")
    op.execute("GRANT SELECT, DELETE ON jobs TO gridmap_app")
    op.execute(
        "GRANT INSERT (district_id, owner, scope, kind, question, version) ON jobs TO gridmap_app"
    )
    op.execute(
        "GRANT UPDATE (state, stage, done, total, answer, error, stop_asked, beat_at, begun_at, "
        "ended_at) ON jobs TO gridmap_app"
    )


def downgrade() -> None:
    op.drop_table("jobs")
