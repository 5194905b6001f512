"""How far the heading of a camera may be off."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COMMENT = (
    "朝向误差 · heading error [°]: How far the heading may be off; 22.5 where it is only told as "
    "one of eight winds."
)


def upgrade() -> None:
    op.add_column("cameras", sa.Column("heading_error_deg", sa.Double(), comment=_COMMENT))


def downgrade() -> None:
    op.drop_column("cameras", "heading_error_deg")
