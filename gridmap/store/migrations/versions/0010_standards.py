"""Standards: results of every rule and unit, what is known of the units, and rules of one's own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_STAFF = f"{_ROLE} IN ('planner', 'liaison', 'admin')"
_WHOLE_PLANNER = f"{_HERE} AND {_ROLE} = 'planner' AND (SELECT gridmap_whole())"
_OWN_UNITS = """((SELECT gridmap_whole())
    OR (level = 'community' AND unit_id = ANY ((SELECT gridmap_limits('community_codes'))::text[]))
    OR (level = 'cell' AND unit_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[])))"""
# A planner renews the results of rules of one's own, and of no other.
_OF_OWN_RULE = """EXISTS (SELECT FROM standards_rules r
    WHERE r.district_id = {table}.district_id AND r.rule_id = {rule})"""
_TABLES = ("standards_rules", "standards_results", "standards_facts")
_NUMBERS = (
    "value", "value_high", "required", "required_high", "shortfall", "shortfall_high",
)  # fmt: skip
_RULE_TEXT = (
    "kind", "scope", "fact", "parameters", "unit", "text_zh_Hans", "text_zh_Hant", "text_en",
    "source", "confidence", "active",
)  # fmt: skip


def upgrade() -> None:
    _make_tables()
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
    _let_read("standards_rules", f"{_HERE} AND {_STAFF}")
    _let_read("standards_results", f"{_HERE} AND {_STAFF} AND {_OWN_UNITS}")
    _let_read("standards_facts", f"{_HERE} AND {_STAFF} AND {_OWN_UNITS}")
    _let_planners_keep_own_rules()


def _make_tables() -> None:
    op.create_table(
        "standards_rules",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _RULE_TEXT),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["districts.id"],
            name="fk_standards_rules_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("district_id", "rule_id", name="pk_standards_rules"),
    )
    op.create_table(
        "standards_results",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("rule", "kind", "scope", "level", "unit_id", "unit_name")
        ),
        *(sa.Column(name, sa.Double()) for name in _NUMBERS),
        *(sa.Column(name, sa.Text()) for name in ("unit", "status", "quality", "reason", "detail")),
        *(sa.Column(name, sa.Text()) for name in ("source", "confidence")),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["districts.id"],
            name="fk_standards_results_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_standards_results"),
        sa.UniqueConstraint(
            "district_id",
            "rule",
            "level",
            "unit_id",
            name="uq_standards_results_district_id_rule_level_unit_id",
        ),
    )
    op.create_table(
        "standards_facts",
        sa.Column("gid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("level", "unit_id", "unit_name")),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("facts", "doubts")),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["districts.id"],
            name="fk_standards_facts_district_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gid", name="pk_standards_facts"),
        sa.UniqueConstraint(
            "district_id", "level", "unit_id", name="uq_standards_facts_district_id_level_unit_id"
        ),
    )


def _let_read(table: str, rule: str) -> None:
    op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
    op.execute(f"GRANT SELECT ON {table} TO gridmap_app")


def _let_planners_keep_own_rules() -> None:
    op.execute("GRANT INSERT, UPDATE, DELETE ON standards_rules TO gridmap_app")
    op.execute(
        f"CREATE POLICY app_keep ON standards_rules TO gridmap_app "
        f"USING ({_WHOLE_PLANNER}) WITH CHECK ({_WHOLE_PLANNER})"
    )
    for table, rule, limit in (
        ("standards_results", "standards_results.rule", ""),
        ("coverage", "split_part(coverage.measure, '.', 1)", "AND dimension = 'standards'"),
    ):
        own = f"{_WHOLE_PLANNER} {limit} AND {_OF_OWN_RULE.format(table=table, rule=rule)}"
        op.execute(f"GRANT INSERT, DELETE ON {table} TO gridmap_app")
        op.execute(
            f"CREATE POLICY app_judge ON {table} FOR INSERT TO gridmap_app WITH CHECK ({own})"
        )
        op.execute(f"CREATE POLICY app_renew ON {table} FOR DELETE TO gridmap_app USING ({own})")


def downgrade() -> None:
    op.execute("DROP POLICY app_judge ON coverage")
    op.execute("DROP POLICY app_renew ON coverage")
    op.execute("REVOKE INSERT, DELETE ON coverage FROM gridmap_app")
    for table in ("standards_results", "standards_facts", "standards_rules"):
        op.drop_table(table)
