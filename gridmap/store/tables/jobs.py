"""The table of long work that pages ask for."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gridmap.store.tables.columns import district_id, metadata


def _now(name: str, comment: str) -> Column[object]:
    kind = DateTime(timezone=True)
    return Column(name, kind, nullable=False, server_default=text("now()"), comment=comment)


jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column("owner", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("scope", JSONB, nullable=False, comment="Scope in which it was asked; read in no other"),
    Column("kind", Text, nullable=False, comment="What kind of work."),
    Column("question", JSONB, nullable=False, server_default="{}", comment="As the address has it"),
    Column("version", BigInteger, nullable=False, comment="Version of the district it is about."),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("stage", Text, nullable=False, server_default="", comment="What it is doing."),
    Column("done", Integer, nullable=False, server_default="0", comment="Steps of the stage done."),
    Column("total", Integer, nullable=False, server_default="0", comment="0 where not known."),
    Column("answer", JSONB),
    Column("error", Text, nullable=False, server_default="", comment="Why it failed or stopped."),
    Column("stop_asked", Boolean, nullable=False, server_default=text("false")),
    _now("asked_at", "When it was asked for."),
    _now("beat_at", "When its server was last known to be at work on it."),
    Column("begun_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_jobs_owner", "owner", "district_id", "kind"),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'stopped', 'failed')", name="state"),
    CheckConstraint(
        "octet_length(question::text) + octet_length(answer::text) < 16777216", name="size"
    ),
    comment="任务 · jobs: long work that a page asked for, and its answer.",
)
