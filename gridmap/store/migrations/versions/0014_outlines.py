"""Mark of the outline of each gap: of gaps with one outline a map draws the first by rank."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE gaps ADD COLUMN outline text "
        "GENERATED ALWAYS AS (md5(st_asbinary(geometry))) STORED"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE gaps DROP COLUMN outline")
