"""Tags of streets and ground that tell what is public: cameras are measured anew from the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TAGS = {"roads": ("access", "tunnel", "layer"), "landuse": ("access",)}


def upgrade() -> None:
    for table, names in _TAGS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), comment=f"OSM tag {name}, if known."))


def downgrade() -> None:
    for table, names in _TAGS.items():
        for name in names:
            op.drop_column(table, name)
