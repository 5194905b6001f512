"""Totals of communities, blocked ways, and people counted by age."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_COUNT = "(a count; never a register)"
_COLUMNS = (
    (
        "communities",
        "population",
        sa.Double,
        f"人口 · population [people]: People living in the community {_COUNT}; spread over its "
        "homes where neither the layer population nor the cells have figures.",
    ),
    (
        "communities",
        "households",
        sa.Double,
        "户数 · households [households]: Households living in the community.",
    ),
    (
        "roads",
        "blocked",
        sa.Boolean,
        "封闭 · blocked: Whether nobody gets through here (works, a locked gate); outweighs "
        "walkable.",
    ),
)
_GROUPS = (
    ("0_2", "0—2岁人口", "aged 0–2", "under 3 years old (places of nurseries)"),
    ("3_5", "3—5岁人口", "aged 3–5", "from 3 to 5 years old (kindergartens)"),
    ("0_6", "0—6岁人口", "aged 0–6", "from 0 to 6 years old (health care of children)"),
    ("6_11", "6—11岁人口", "aged 6–11", "from 6 to 11 years old (primary schools)"),
    ("12_14", "12—14岁人口", "aged 12–14", "from 12 to 14 years old (junior secondary schools)"),
    ("60_plus", "60岁及以上人口", "aged 60 or over", "60 years old or older (care of the elderly)"),
    ("80_plus", "80岁及以上人口", "aged 80 or over", "80 years old or older"),
)


def upgrade() -> None:
    for table, name, kind, comment in _COLUMNS:
        op.add_column(table, sa.Column(name, kind(), comment=comment))
    for name, label_hans, label_en, meaning in _GROUPS:
        label = f"{label_hans} · people {label_en} [people]"
        comment = f"{label}: People {meaning}; part of population {_COUNT}."
        column: sa.Column[float] = sa.Column(f"population_{name}", sa.Double(), comment=comment)
        op.add_column("population", column)


def downgrade() -> None:
    for table, name, _, _ in _COLUMNS:
        op.drop_column(table, name)
    for name, _, _, _ in _GROUPS:
        op.drop_column("population", f"population_{name}")
