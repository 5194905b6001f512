"""Tables of accounts, their scopes and sessions, and the audit log."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gridmap.store.tables.columns import district_id, metadata

users = Table(
    "users",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("username", Text, nullable=False, unique=True, comment="What the user signs in with."),
    Column("email", Text, unique=True),
    Column("password", Text, comment="argon2id hash; empty means the account has none yet."),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("fs_uniquifier", Text, nullable=False, unique=True, comment="Changes end all sessions."),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("language", Text, comment="zh_Hans, zh_Hant or en; empty follows the browser."),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    comment="Accounts; no names, phones or other personal data of staff.",
)

roles = Table(
    "roles",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)

user_scopes = Table(
    "user_scopes",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    district_id(),
    Column("community_code", Text),
    Column("cell_id", Text),
    Column("post_id", Text, comment="A worker's post: own cells follow from its duties."),
    comment="What a user may see: a whole district, or a community, cell or post of it.",
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("user_id", Integer),
    Column("role", Text),
    Column("action", Text, nullable=False),
    Column("district_id", Integer),
    Column("layer", Text),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    comment="Append-only; each row holds the hash of the one before.",
)
