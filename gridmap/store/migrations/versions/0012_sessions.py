"""Sessions that were ended: a copy of their cookie opens nothing any more."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SIGN_IN = "(SELECT gridmap_role()) = 'sign_in'"


def upgrade() -> None:
    op.create_table(
        "ended_sessions",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("mark", name="pk_ended_sessions"),
    )
    op.execute("ALTER TABLE ended_sessions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ended_sessions FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY owner_all ON ended_sessions TO gridmap_owner USING (true) WITH CHECK (true)"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON ended_sessions TO gridmap_app")
    op.execute(
        "CREATE POLICY app_sign_in ON ended_sessions TO gridmap_app "
        f"USING ({_SIGN_IN}) WITH CHECK ({_SIGN_IN})"
    )


def downgrade() -> None:
    op.drop_table("ended_sessions")
