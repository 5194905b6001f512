"""Free-standing walls, through which no camera sees: lines of the ground like roads."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_MEMBER = "(SELECT gridmap_role()) IN ('worker', 'planner', 'liaison', 'admin')"
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        "walls",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("height_m", sa.Double()),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False)),
        sa.Column(
            "drawn",
            Geometry("GEOMETRY", 3857, spatial_index=False),
            sa.Computed("st_transform(geometry, 3857)", persisted=True),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_walls_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_walls"),
    )
    op.create_index("ix_walls_district_id", "walls", ["district_id"])
    op.create_index("ix_walls_drawn", "walls", ["drawn"], postgresql_using="gist")
    op.execute("ALTER TABLE walls ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE walls FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner_all ON walls TO gridmap_owner USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY app_read ON walls FOR SELECT TO gridmap_app USING ({_HERE} AND {_MEMBER})"
    )
    op.execute("GRANT SELECT ON walls TO gridmap_app")
    for event, side in _EVENTS.items():
        op.execute(
            f"CREATE TRIGGER version_{event.lower()} AFTER {event} ON walls "
            f"REFERENCING {side} TABLE AS changed "
            "FOR EACH STATEMENT EXECUTE FUNCTION gridmap_raise_version()"
        )


def downgrade() -> None:
    op.drop_table("walls")
