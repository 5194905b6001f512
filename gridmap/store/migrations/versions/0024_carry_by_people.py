"""Figures of services follow the people of a cell that comes apart, no longer its area."""

from alembic import op

from gridmap.store.migrations.carrying import CARRY

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for head, body in CARRY.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {head} {body}")


def downgrade() -> None:
    """Nothing: the functions of 0007 are the same, made from the same text."""
