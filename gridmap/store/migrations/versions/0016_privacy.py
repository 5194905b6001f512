"""The privacy audit of cameras, for liaisons; the day a camera was last reviewed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NUMBERS = (
    "facade_m", "facade_most_m", "facade_125_m", "nearest_home_m", "densest_px_per_m",
    "private_m2", "outside_public_share", "masked_share", "overlap_share",
)  # fmt: skip
_NESTED = ("facade_by_level", "overlaps", "masks", "reasons")
# A row of the audit is seen by whoever sees the camera, whose own policy holds in here.
_SEEN = """district_id = ANY ((SELECT gridmap_districts())::integer[])
    AND (SELECT gridmap_role()) = 'liaison'
    AND EXISTS (SELECT FROM cameras c
        WHERE c.district_id = privacy.district_id AND c.camera_id = privacy.camera_id)"""


def upgrade() -> None:
    op.add_column(
        "cameras",
        sa.Column(
            "reviewed_on",
            sa.Date(),
            comment="最近核查日期 · last reviewed on: Day it was last asked whether the camera is "
            "needed.",
        ),
    )
    op.create_table(
        "privacy",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Double()) for name in _NUMBERS),
        sa.Column("homes_125", sa.Boolean()),
        sa.Column("removal", sa.Boolean()),
        *(sa.Column(name, JSONB(), nullable=False) for name in _NESTED),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_privacy_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_privacy"),
        sa.UniqueConstraint("district_id", "camera_id", name="uq_privacy_district_id_camera_id"),
    )
    op.execute("ALTER TABLE privacy ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE privacy FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner_all ON privacy TO gridmap_owner USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY app_read ON privacy FOR SELECT TO gridmap_app USING ({_SEEN})")
    op.execute("GRANT SELECT ON privacy TO gridmap_app")


def downgrade() -> None:
    op.drop_table("privacy")
    op.drop_column("cameras", "reviewed_on")
