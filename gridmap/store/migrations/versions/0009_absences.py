"""Absences and stand-ins of posts, rules of staffing, and what a planner may write of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_MEMBER = f"{_ROLE} IN ('worker', 'planner', 'liaison', 'admin')"
_STAFF = f"{_ROLE} IN ('planner', 'liaison', 'admin')"
_WHOLE_PLANNER = f"{_ROLE} = 'planner' AND (SELECT gridmap_whole())"
_LIMITS = """(community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_OWN = f"((SELECT gridmap_whole()) OR {_LIMITS})"
# A duty for a street or for the district names neither a cell nor a community.
_ABOVE = """(community_code IS NULL AND (
    (district_id, cell_id) IN (SELECT c.district_id, c.street_code FROM communities c)
    OR (district_id, cell_id) IN (SELECT d.id, d.code FROM districts d)))"""
_NEAR = "(district_id, post_id) IN (SELECT district_id, post_id FROM gridmap_posts_in_sight())"
_DUTY_MINE = """(d.community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR d.cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_MINE = f"""((SELECT gridmap_whole()) OR EXISTS (SELECT FROM duties d
    WHERE d.district_id = absences.district_id AND d.post_id = absences.post_id
    AND coalesce(d.valid_to, 'infinity') > absences."from" AND {_DUTY_MINE}))"""  # noqa: S608  made of the constants above

_DUTIES_BEFORE = f"{_HERE} AND {_MEMBER} AND ({_OWN} OR cell_id = community_code)"
_DUTIES = f"{_HERE} AND {_MEMBER} AND ({_OWN} OR cell_id = community_code OR {_ABOVE})"
_POSTS_BEFORE = f"""{_HERE} AND ({_STAFF} OR ({_ROLE} = 'worker' AND EXISTS (SELECT FROM duties d
    WHERE d.district_id = posts.district_id AND d.post_id = posts.post_id)))"""
_POSTS = f"{_HERE} AND ({_STAFF} OR ({_ROLE} = 'worker' AND {_NEAR}))"

# Posts with a duty in the reader's sight, and whoever stands in for them, to the end of the chain.
# With the rights of the owner: a policy that asked its own table would ask itself for ever.
_IN_SIGHT = f"""
    CREATE FUNCTION gridmap_posts_in_sight() RETURNS TABLE (district_id integer, post_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      WITH RECURSIVE near AS (
        SELECT district_id, post_id FROM duties
        WHERE {_HERE} AND ({_OWN} OR cell_id = community_code OR {_ABOVE})
        UNION
        SELECT a.district_id, a.stand_in_post_id FROM near n JOIN absences a
        ON a.district_id = n.district_id AND a.post_id = n.post_id
        WHERE a.stand_in_post_id IS NOT NULL)
      SELECT district_id, post_id FROM near $$"""  # noqa: S608  made of the constants above


def upgrade() -> None:
    _make_tables()
    op.execute(_IN_SIGHT)
    op.execute("REVOKE ALL ON FUNCTION gridmap_posts_in_sight() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION gridmap_posts_in_sight() TO gridmap_app")
    for table in ("absences", "staff_rules"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
    _let_read("absences", f"{_HERE} AND ({_STAFF} OR ({_ROLE} = 'worker' AND {_NEAR}))")
    _let_read("staff_rules", f"{_HERE} AND {_STAFF}")
    op.execute(f"ALTER POLICY app_read ON duties USING ({_DUTIES})")
    op.execute(f"ALTER POLICY app_read ON posts USING ({_POSTS})")
    _let_planners_write()


def _make_tables() -> None:
    op.create_table(
        "absences",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("from", sa.Date(), nullable=False),
        sa.Column("to", sa.Date()),
        sa.Column("stand_in_post_id", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column(
            "absence_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.Column("entered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_absences_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_absences"),
        sa.UniqueConstraint("absence_id", name="uq_absences_absence_id"),
    )
    op.create_index("ix_absences_post_id", "absences", ["district_id", "post_id"])
    op.create_table(
        "staff_rules",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Double()),
        sa.Column("maximum", sa.Double()),
        sa.Column("source", sa.Text()),
        sa.Column("confidence", sa.Text()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_staff_rules_district_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_staff_rules"),
    )
    op.create_index("ix_staff_rules_district_id", "staff_rules", ["district_id"])


def _let_read(table: str, rule: str) -> None:
    op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
    op.execute(f"GRANT SELECT ON {table} TO gridmap_app")


def _let_planners_write() -> None:
    """Absences within the planner's scope; posts and duties by planners of the whole district."""
    mine = f"{_HERE} AND {_ROLE} = 'planner' AND {_MINE}"
    whole = f"{_HERE} AND {_WHOLE_PLANNER}"
    op.execute("GRANT INSERT, DELETE ON absences TO gridmap_app")
    op.execute(
        'GRANT UPDATE ("to", stand_in_post_id, reason, entered_at) ON absences TO gridmap_app'
    )
    op.execute(f"CREATE POLICY app_add ON absences FOR INSERT TO gridmap_app WITH CHECK ({mine})")
    op.execute(
        f"CREATE POLICY app_end ON absences FOR UPDATE TO gridmap_app "
        f"USING ({mine}) WITH CHECK ({mine})"
    )
    op.execute(f"CREATE POLICY app_drop ON absences FOR DELETE TO gridmap_app USING ({mine})")
    op.execute("GRANT INSERT, UPDATE (role, organisation, full_time) ON posts TO gridmap_app")
    op.execute(f"CREATE POLICY app_add ON posts FOR INSERT TO gridmap_app WITH CHECK ({whole})")
    # A planner who publishes a grid may add duties already; ending one is all that is new.
    op.execute("GRANT UPDATE (valid_to) ON duties TO gridmap_app")
    for table in ("posts", "duties"):
        op.execute(
            f"CREATE POLICY app_change ON {table} FOR UPDATE TO gridmap_app "
            f"USING ({whole}) WITH CHECK ({whole})"
        )


def downgrade() -> None:
    for table in ("posts", "duties"):
        op.execute(f"DROP POLICY app_change ON {table}")
    op.execute("DROP POLICY app_add ON posts")
    op.execute("REVOKE INSERT, UPDATE (role, organisation, full_time) ON posts FROM gridmap_app")
    op.execute("REVOKE UPDATE (valid_to) ON duties FROM gridmap_app")
    op.execute(f"ALTER POLICY app_read ON duties USING ({_DUTIES_BEFORE})")
    op.execute(f"ALTER POLICY app_read ON posts USING ({_POSTS_BEFORE})")
    op.drop_table("staff_rules")
    op.drop_table("absences")
    op.execute("DROP FUNCTION gridmap_posts_in_sight()")
