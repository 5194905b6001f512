"""Tables of patrol: streets walked, figures of quality, what was done about gaps."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gridmap.store.tables.columns import (
    cell_id,
    community_code,
    district_id,
    metadata,
    result_table,
)

patrol_streets = result_table(
    "patrol_streets",
    cell_id(),
    community_code(),
    Column("name", Text),
    Column("highway", Text),
    Column("length_m", Double, nullable=False, comment="Length [m] in the metric CRS."),
    Column("covered_m", Double, nullable=False, comment="Of it covered by patrols [m]."),
    Column("covered_share", Double),
    Column("covered", Boolean, nullable=False, comment="Whether it counts as covered."),
    Index("ix_patrol_streets_district_id", "district_id"),
    drawn=True,
    comment="街道巡查 · patrol streets: how much of each street patrols walked.",
)

patrol_facts = result_table(
    "patrol_facts",
    Column("kind", Text, nullable=False, comment="cleaning, intervals, unknown, beats."),
    Column("body", JSONB, nullable=False),
    UniqueConstraint("district_id", "kind"),
    comment="巡查质量 · patrol facts: what cleaning removed, how often fixes came, beats.",
)

gap_actions = Table(
    "gap_actions",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column(
        "gap_id", Text, nullable=False, comment="Gap as the register names it, load after load."
    ),
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("revision", Integer, nullable=False, comment="From 1; one action for each."),
    Column("action", Text, nullable=False, comment="What was done."),
    Column("state", Text, nullable=False, comment="What the gap is since."),
    Column("target_kind", Text, nullable=False, server_default=""),
    Column("target", Text, nullable=False, server_default="", comment="Beat, post or shift."),
    Column("reason", Text, nullable=False, server_default=""),
    Column("user_id", Integer, nullable=False, comment="Account that did it."),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("district_id", "gap_id", "revision"),
    CheckConstraint("action IN ('assign', 'accept', 'dispute', 'reopen', 'undo')", name="action"),
    CheckConstraint("state IN ('open', 'assigned', 'accepted', 'disputed')", name="state"),
    CheckConstraint("target_kind IN ('', 'beat', 'post', 'shift')", name="target_kind"),
    CheckConstraint(
        "length(reason) <= 500 AND length(target) <= 200 AND length(gap_id) <= 400", name="size"
    ),
    comment="缺口处置 · gap actions: assigned, accepted, disputed, taken back; never changed.",
)
