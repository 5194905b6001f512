"""What was done about a gap: assigned, accepted with a reason, disputed, taken back.

An action is never changed or removed: the next revision of a gap is the next row. Two who act on
the same revision cannot both succeed, for its number is unique. Only liaisons see and act, on
gaps of their own cells, and nobody in the name of another.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_OWN = """district_id = ANY ((SELECT gridmap_districts())::integer[])
    AND (SELECT gridmap_role()) = 'liaison'
    AND ((SELECT gridmap_whole())
      OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
      OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
# The gap itself decides where it lies; a form could say anything.
_THERE = """EXISTS (SELECT FROM gaps g WHERE g.district_id = gap_actions.district_id
    AND g.gap_id = gap_actions.gap_id AND g.cell_id = gap_actions.cell_id
    AND g.community_code IS NOT DISTINCT FROM gap_actions.community_code)"""
_MINE = "user_id = ((SELECT gridmap_scope()) ->> 'user_id')::integer"
_POLICIES = {
    "owner_all": "TO gridmap_owner USING (true) WITH CHECK (true)",
    "app_read": f"FOR SELECT TO gridmap_app USING ({_OWN})",
    "app_act": f"FOR INSERT TO gridmap_app WITH CHECK ({_OWN} AND {_MINE} AND {_THERE})",
}
_TEXTS = ("target_kind", "target", "reason")
_WRITTEN = ("district_id", "gap_id", "cell_id", "community_code", "revision", "action", "state",
            *_TEXTS, "user_id")  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "gap_actions",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in _TEXTS),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["districts.id"], name="fk_gap_actions_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gap_actions"),
        sa.UniqueConstraint(
            "district_id", "gap_id", "revision", name="uq_gap_actions_district_id_gap_id_revision"
        ),
        *_checks(),
    )  # fmt: skip
    op.execute("ALTER TABLE gap_actions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE gap_actions FORCE ROW LEVEL SECURITY")
    for name, rule in _POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON gap_actions {rule}")
    op.execute("GRANT SELECT ON gap_actions TO gridmap_app")
    op.execute(f"GRANT INSERT ({', '.join(_WRITTEN)}) ON gap_actions TO gridmap_app")


def _checks() -> list[sa.CheckConstraint]:
    told = {
        "action": "action IN ('assign', 'accept', 'dispute', 'reopen', 'undo')",
        "state": "state IN ('open', 'assigned', 'accepted', 'disputed')",
        "target_kind": "target_kind IN ('', 'beat', 'post', 'shift')",
        "size": "length(reason) <= 500 AND length(target) <= 200 AND length(gap_id) <= 400",
    }
    return [
        sa.CheckConstraint(rule, name=op.f(f"ck_gap_actions_{name}")) for name, rule in told.items()
    ]


def downgrade() -> None:
    op.drop_table("gap_actions")
