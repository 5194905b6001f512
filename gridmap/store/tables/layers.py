"""Tables of a district, its layers, the editions of its grid and drafts of new ones."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gridmap.store.tables.columns import (
    cell_id,
    cell_size,
    community_code,
    district_id,
    geometry,
    gid,
    ground_tags,
    layer_table,
    metadata,
)
from gridmap.store.tables.ingest import duty_columns

districts = Table(
    "districts",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="Official code, else the name."),
    Column("name", Text, nullable=False),
    Column("code", Text),
    Column("crs", Text, nullable=False, comment="Metric CRS in which everything was measured."),
    Column("timezone", Text, nullable=False, comment="IANA zone of local windows."),
    Column("bounds", ARRAY(Double), nullable=False, comment="West, south, east, north [°]."),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column(
        "grid_edition",
        Integer,
        nullable=False,
        server_default="1",
        comment="Number of the grid in force; grows whenever its cells change.",
    ),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("as_of", Date, comment="Day the coverage was computed for."),
    Column("counts", JSONB, nullable=False, server_default="{}", comment="Rows per layer."),
    Column("provenance", JSONB, nullable=False, server_default="[]"),
    Column("synthetic", ARRAY(Text), nullable=False, server_default="{}"),
    geometry(),
    comment="One row per district; version grows with every edit of any of its layers.",
)

communities = layer_table("communities", UniqueConstraint("district_id", "code"), drawn=True)

cells = layer_table(
    "cells",
    *cell_size(),
    Index("ix_cells_community_code", "district_id", "community_code"),
    drawn=True,
)

past_cells = layer_table(
    "past_cells",
    *cell_size(),
    Index("ix_past_cells_cell_id", "district_id", "cell_id"),
    drawn=True,
)

past_communities = layer_table("past_communities")

lineage = layer_table(
    "lineage",
    community_code(),
    Index("ix_lineage_new_cell_id", "district_id", "new_cell_id"),
    Index("ix_lineage_old_cell_id", "district_id", "old_cell_id"),
)

editions = Table(
    "editions",
    metadata,
    gid(),
    district_id(),
    Column("number", Integer, nullable=False, comment="Number of the grid it put in force."),
    Column("grid_version", Text, nullable=False),
    Column("valid_from", Date, nullable=False, comment="First day of the grid."),
    Column("author", Text, comment="Role or post that published; never a person."),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("counts", JSONB, nullable=False, server_default="{}", comment="Old cells by change."),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "grid_version"),
    comment="网格版本 · editions: who put which grid in force from which day.",
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column("user_id", Integer, comment="Account that began it."),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("base_edition", Integer, nullable=False, comment="Edition of the grid it edits."),
    Column("operations", JSONB, nullable=False, server_default="[]", comment="In order."),
    Column("undone", JSONB, nullable=False, server_default="[]", comment="To be done again."),
    Column("revision", Integer, nullable=False, server_default="0", comment="Grows by writing."),
    Column("published_edition", Integer, comment="Edition that it became."),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("ix_drafts_district_id", "district_id", "state"),
    CheckConstraint("state IN ('open', 'published', 'discarded')", name="state"),
    CheckConstraint(
        "octet_length(operations::text) + octet_length(undone::text) < 4194304", name="size"
    ),
    comment="草案 · drafts: edits of borders, as the operations that were done, in order.",
)

scenarios = Table(
    "scenarios",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    district_id(),
    Column("user_id", Integer, nullable=False, comment="Account that owns it."),
    Column("title", Text, nullable=False),
    Column("shared", Boolean, nullable=False, server_default="false", comment="With colleagues."),
    Column("state", Text, nullable=False, server_default="kept"),
    Column("operations", JSONB, nullable=False, server_default="[]", comment="In order."),
    Column("undone", JSONB, nullable=False, server_default="[]", comment="To be done again."),
    Column("revision", Integer, nullable=False, server_default="0", comment="Grows by writing."),
    Column("base", Text, nullable=False, comment="Which data it was made for."),
    Column("headline", JSONB, nullable=False, server_default="{}", comment="Figures when kept."),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("ix_scenarios_district_id", "district_id", "user_id"),
    CheckConstraint("state IN ('kept', 'removed')", name="state"),
    CheckConstraint(
        "octet_length(operations::text) + octet_length(undone::text) < 1048576", name="size"
    ),
    comment="方案 · scenarios: what-if changes of sites and norms, in order, and whose they are.",
)

roads = layer_table("roads", *ground_tags("roads"), drawn=True)

buildings = layer_table("buildings", drawn=True)

walls = layer_table("walls", drawn=True)

landuse = layer_table("landuse", *ground_tags("landuse"), drawn=True)

population = layer_table("population")

sites = layer_table("sites", cell_id(), community_code(), drawn=True)

cameras = layer_table("cameras", cell_id(), community_code(), drawn=True)

posts = layer_table("posts")

duties = layer_table(
    "duties",
    community_code(),
    Index("ix_duties_cell_id", "district_id", "cell_id"),
    Index("ix_duties_post_id", "district_id", "post_id"),
)

absences = layer_table(
    "absences",
    Column("absence_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("entered_at", DateTime(timezone=True), comment="Entered on a page; empty: loaded."),
    UniqueConstraint("absence_id"),
    Index("ix_absences_post_id", "district_id", "post_id"),
)

staff_rules = layer_table("staff_rules")

requirements = layer_table("requirements", community_code())

key_periods = layer_table("key_periods")

patrol_zones = layer_table("patrol_zones", community_code())

beats = layer_table("beats", community_code(), Index("ix_beats_cell_id", "district_id", "cell_id"))

plans = layer_table("plans")

checkpoints = layer_table("checkpoints", cell_id(), community_code())

shifts = layer_table(
    "shifts",
    *duty_columns(),
    Index("ix_shifts_unit_id", "district_id", "unit_id", "end"),
    Index("ix_shifts_user_id", "user_id"),
)

fixes = Table(
    "fixes",
    metadata,
    gid(),
    district_id(),
    Column("day", Date, nullable=False, comment="Day of the fix in UTC; the partition."),
    Column("shift_id", Text, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("accuracy_m", Double),
    geometry(),
    Column("entered_at", DateTime(timezone=True), comment="When it arrived; empty: from a file."),
    PrimaryKeyConstraint("day", "gid"),
    Index("ix_fixes_shift_id", "district_id", "shift_id", "time"),
    Index(
        "uq_fixes_entered",
        "day",
        "district_id",
        "shift_id",
        "time",
        unique=True,
        postgresql_where=text("entered_at IS NOT NULL"),
    ),
    postgresql_partition_by="RANGE (day)",
    comment="定位点 · fixes: raw positions, one partition a day, dropped after the time allowed.",
)

scans = layer_table("scans")

premises = layer_table("premises")
