"""Tables of what devices send: tokens, receipts, refusals, live positions, days worked out."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE

from gridmap.store.tables.columns import district_id, metadata

_MOMENT = DateTime(timezone=True)


def _now(name: str) -> Column[object]:
    return Column(name, _MOMENT, nullable=False, server_default=text("now()"))


def duty_columns() -> list[Column[object]]:
    """Columns of a shift that a worker opened, beside those of the layer."""
    return [
        Column("user_id", Integer, ForeignKey("users.id", ondelete="SET NULL")),
        Column("entered_at", _MOMENT, comment="When it was opened on a page; empty: from a file."),
        Column("closed_at", _MOMENT, comment="When it was closed; empty: by the rule, at its end."),
        Column("phone", Text, comment="The one phone whose fixes count; empty: none came yet."),
        Column(
            "pauses",
            TSTZMULTIRANGE,
            nullable=False,
            server_default="{}",
            comment="Times within the shift of which no fix is kept.",
        ),
    ]


devices = Table(
    "devices",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column("unit_id", Text, nullable=False, comment="Unit whose open shift its fixes belong to."),
    Column("label", Text, nullable=False, server_default=""),
    Column("token_hash", Text, nullable=False, unique=True, comment="SHA-256 of the token."),
    Column("issued_by", Integer, ForeignKey("users.id", ondelete="SET NULL")),
    _now("issued_at"),
    Column("revoked_at", _MOMENT),
    Index("ix_devices_district_id", "district_id", "unit_id"),
    comment="设备 · devices: what may send fixes for a unit, known by the hash of its token.",
)

fix_batches = Table(
    "fix_batches",
    metadata,
    Column("sender", Text, nullable=False, comment="Device or account."),
    Column("batch", Text, nullable=False, comment="Number the sender gave it."),
    district_id(),
    _now("entered_at"),
    Column("answer", JSONB, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("sender", "batch"),
    Index("ix_fix_batches_entered_at", "entered_at"),
    comment="回执 · receipts: what was answered to a batch, so that sending it twice counts once.",
)

fix_refusals = Table(
    "fix_refusals",
    metadata,
    district_id(),
    Column("unit_id", Text, nullable=False),
    Column("day", Date, nullable=False, comment="Day of arrival in UTC."),
    Column("reason", Text, nullable=False),
    Column("fixes", Integer, nullable=False),
    PrimaryKeyConstraint("district_id", "day", "unit_id", "reason"),
    comment="拒收 · refused fixes by reason and day: counts, never positions.",
)

presence_due = Table(
    "presence_due",
    metadata,
    district_id(),
    Column("unit_id", Text, nullable=False),
    Column("day", Date, nullable=False, comment="Local day on which the shift began."),
    _now("asked_at"),
    PrimaryKeyConstraint("district_id", "day", "unit_id"),
    comment="待算 · unit-days to be worked out anew, because fixes came.",
)

unit_days = Table(
    "unit_days",
    metadata,
    district_id(),
    Column("unit_id", Text, nullable=False),
    Column("day", Date, nullable=False, comment="Local day on which the shifts began."),
    Column(
        "version", BigInteger, nullable=False, comment="Mark of the cells it was worked out on."
    ),
    Column("on_duty_s", Double, nullable=False),
    Column("torn", Boolean, nullable=False, comment="Whether two phones seem to share the unit."),
    Column("account", JSONB, nullable=False, comment="Fixes given, removed by reason, kept."),
    Column("body", LargeBinary, nullable=False, comment="Runs, stays, unknown times (Arrow)."),
    _now("computed_at"),
    PrimaryKeyConstraint("district_id", "day", "unit_id"),
    comment="单元日 · one unit's day by cell; dropped together with its fixes.",
)

last_positions = Table(
    "last_positions",
    metadata,
    district_id(),
    Column("shift_id", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("mode", Text),
    Column("time", _MOMENT, nullable=False),
    Column("until", _MOMENT, nullable=False, comment="End of the shift; not shown after it."),
    Column("entered_at", _MOMENT, nullable=False),
    Column("lon_deg", Double, nullable=False),
    Column("lat_deg", Double, nullable=False),
    Column("accuracy_m", Double),
    Column("cell_id", Text),
    Column("community_code", Text),
    PrimaryKeyConstraint("district_id", "shift_id"),
    comment="实时位置 · where units on duty are: one row an open shift, gone when it ends.",
)

shift_disputes = Table(
    "shift_disputes",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column("shift_id", Text, nullable=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="SET NULL")),
    Column("text", Text, nullable=False),
    _now("entered_at"),
    Index("ix_shift_disputes_shift_id", "district_id", "shift_id"),
    comment="异议 · what workers say against what was recorded of their own shifts.",
)
