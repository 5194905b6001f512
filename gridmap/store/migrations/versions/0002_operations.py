"""Operations: posts, duties, patrol, and what was measured."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "presence",
    "blind_spots",
    "views",
    "service_areas",
    "gaps",
    "coverage",
    "fixes",
    "shifts",
    "requirements",
    "duties",
    "posts",
)


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text()),
        sa.Column("full_time", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_posts_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_posts"),
        sa.UniqueConstraint("district_id", "post_id", name="uq_posts_district_id_post_id"),
    )
    op.create_table(
        "duties",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("accountable", sa.Boolean()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("community_code", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_duties_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_duties"),
    )
    op.create_index("ix_duties_cell_id", "duties", ["district_id", "cell_id"])
    op.create_index("ix_duties_post_id", "duties", ["district_id", "post_id"])
    op.create_table(
        "requirements",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("weekdays", sa.Text()),
        sa.Column("start", sa.Text()),
        sa.Column("end", sa.Text()),
        sa.Column("visits", sa.Double()),
        sa.Column("minutes", sa.Double()),
        sa.Column("max_freshness_min", sa.Double()),
        sa.Column("weight", sa.Double()),
        sa.Column("community_code", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["districts.id"],
            name="fk_requirements_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_requirements"),
    )
    op.create_index("ix_requirements_district_id", "requirements", ["district_id"])
    op.create_table(
        "shifts",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_shifts_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_shifts"),
        sa.UniqueConstraint("district_id", "shift_id", name="uq_shifts_district_id_shift_id"),
    )
    op.create_table(
        "fixes",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_fixes_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("day", "gid", name="pk_fixes"),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_fixes_shift_id", "fixes", ["district_id", "shift_id", "time"])
    op.create_table(
        "coverage",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("grid_version", sa.Text()),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("required", sa.Double()),
        sa.Column("unit", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("shortfall", sa.Double()),
        sa.Column("weight", sa.Double()),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("community_code", sa.Text()),
        sa.Column("window", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_coverage_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_coverage"),
        sa.UniqueConstraint(
            "district_id",
            "measure",
            "window",
            "cell_id",
            name="uq_coverage_district_id_measure_window_cell_id",
        ),
    )
    op.create_index("ix_coverage_cell_id", "coverage", ["district_id", "cell_id"])
    op.create_table(
        "gaps",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("required", sa.Double()),
        sa.Column("shortfall", sa.Double()),
        sa.Column("unit", sa.Text()),
        sa.Column("people", sa.Double()),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("score", sa.Double()),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.Column("window", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_gaps_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_gaps"),
        sa.UniqueConstraint("district_id", "gap_id", name="uq_gaps_district_id_gap_id"),
    )
    op.create_index("ix_gaps_drawn", "gaps", ["drawn"], postgresql_using="gist")
    op.create_index("ix_gaps_rank", "gaps", ["district_id", "rank"])
    op.create_table(
        "service_areas",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Double()),
        sa.Column("limit_m", sa.Double()),
        sa.Column("area_m2", sa.Double()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["districts.id"],
            name="fk_service_areas_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_service_areas"),
    )
    op.create_index("ix_service_areas_district_id", "service_areas", ["district_id"])
    op.create_index("ix_service_areas_drawn", "service_areas", ["drawn"], postgresql_using="gist")
    op.create_table(
        "views",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double()),
        sa.Column("facade_m", sa.Double()),
        sa.Column("facade_residential_m", sa.Double()),
        sa.Column("counted", sa.Boolean()),
        sa.Column("cell_id", sa.Text()),
        sa.Column("community_code", sa.Text()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_views_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_views"),
    )
    op.create_index("ix_views_camera_id", "views", ["district_id", "camera_id"])
    op.create_index("ix_views_drawn", "views", ["drawn"], postgresql_using="gist")
    op.create_table(
        "blind_spots",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("area_m2", sa.Double()),
        sa.Column("rank", sa.Double()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_blind_spots_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_blind_spots"),
    )
    op.create_index("ix_blind_spots_district_id", "blind_spots", ["district_id"])
    op.create_index("ix_blind_spots_drawn", "blind_spots", ["drawn"], postgresql_using="gist")
    op.create_table(
        "presence",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("slot_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_s", sa.Double()),
        sa.Column("inferred_s", sa.Double()),
        sa.Column("visits", sa.Double()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_presence_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_presence"),
    )
    op.create_index("ix_presence_cell_id", "presence", ["district_id", "cell_id", "slot_start"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
