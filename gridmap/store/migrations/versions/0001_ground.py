"""Ground: districts, communities, cells and what stands on them."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "cameras",
    "sites",
    "summaries",
    "premises",
    "population",
    "landuse",
    "buildings",
    "roads",
    "cells",
    "communities",
    "districts",
)


def upgrade() -> None:
    op.create_table(
        "districts",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("bounds", sa.ARRAY(sa.Double()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("as_of", sa.Date()),
        sa.Column("counts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("provenance", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("synthetic", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.PrimaryKeyConstraint("id", name="pk_districts"),
        sa.UniqueConstraint("key", name="uq_districts_key"),
    )
    op.create_table(
        "communities",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street_code", sa.Text()),
        sa.Column("street_name", sa.Text()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_communities_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_communities"),
        sa.UniqueConstraint("district_id", "code", name="uq_communities_district_id_code"),
    )
    op.create_index("ix_communities_district_id", "communities", ["district_id"])
    op.create_index("ix_communities_drawn", "communities", ["drawn"], postgresql_using="gist")
    op.create_table(
        "cells",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("households", sa.Double()),
        sa.Column("population", sa.Double()),
        sa.Column("grid_version", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.Column("area_m2", sa.Double()),
        sa.Column("border_m", sa.Double()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_cells_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_cells"),
        sa.UniqueConstraint("district_id", "cell_id", name="uq_cells_district_id_cell_id"),
    )
    op.create_index("ix_cells_community_code", "cells", ["district_id", "community_code"])
    op.create_index("ix_cells_drawn", "cells", ["drawn"], postgresql_using="gist")
    op.create_table(
        "roads",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("highway", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("walkable", sa.Boolean()),
        sa.Column("oneway", sa.Text()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_roads_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_roads"),
    )
    op.create_index("ix_roads_district_id", "roads", ["district_id"])
    op.create_index("ix_roads_drawn", "roads", ["drawn"], postgresql_using="gist")
    op.create_table(
        "buildings",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("use", sa.Text()),
        sa.Column("levels", sa.Double()),
        sa.Column("height_m", sa.Double()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_buildings_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_buildings"),
    )
    op.create_index("ix_buildings_district_id", "buildings", ["district_id"])
    op.create_index("ix_buildings_drawn", "buildings", ["drawn"], postgresql_using="gist")
    op.create_table(
        "landuse",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_landuse_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_landuse"),
    )
    op.create_index("ix_landuse_district_id", "landuse", ["district_id"])
    op.create_index("ix_landuse_drawn", "landuse", ["drawn"], postgresql_using="gist")
    op.create_table(
        "population",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("population", sa.Double(), nullable=False),
        sa.Column("households", sa.Double()),
        sa.Column("method", sa.Text()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_population_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_population"),
    )
    op.create_index("ix_population_district_id", "population", ["district_id"])
    op.create_table(
        "premises",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=False),
        sa.Column("office_m2", sa.Double()),
        sa.Column("service_m2", sa.Double()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_premises_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_premises"),
    )
    op.create_index("ix_premises_district_id", "premises", ["district_id"])
    op.create_table(
        "summaries",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_summaries_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("district_id", "dimension", name="pk_summaries"),
    )
    op.create_table(
        "sites",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("capacity", sa.Double()),
        sa.Column("floor_area_m2", sa.Double()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("proposed", sa.Boolean()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.Column("cell_id", sa.Text()),
        sa.Column("community_code", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_sites_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_sites"),
        sa.UniqueConstraint("district_id", "site_id", name="uq_sites_district_id_site_id"),
    )
    op.create_index("ix_sites_drawn", "sites", ["drawn"], postgresql_using="gist")
    op.create_table(
        "cameras",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("heading_deg", sa.Double()),
        sa.Column("hfov_deg", sa.Double()),
        sa.Column("tilt_deg", sa.Double()),
        sa.Column("mount_height_m", sa.Double()),
        sa.Column("focal_mm", sa.Double()),
        sa.Column("sensor_width_mm", sa.Double()),
        sa.Column("pixels_wide", sa.Double()),
        sa.Column("range_m", sa.Double()),
        sa.Column("zone", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("operator", sa.Text()),
        sa.Column("purpose", sa.Text()),
        sa.Column("sign", sa.Boolean()),
        sa.Column("in_use_on", sa.Date()),
        sa.Column("filed_on", sa.Date()),
        sa.Column("retention_days", sa.Double()),
        sa.Column("proposed", sa.Boolean()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.Column("cell_id", sa.Text()),
        sa.Column("community_code", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_cameras_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_cameras"),
        sa.UniqueConstraint("district_id", "camera_id", name="uq_cameras_district_id_camera_id"),
    )
    op.create_index("ix_cameras_drawn", "cameras", ["drawn"], postgresql_using="gist")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
