"""The tables of the database; columns of a layer come from ``schema.csv``.

Geometry is kept in EPSG:4326. Layers that are drawn in tiles carry a second column ``drawn``, the
same geometry in EPSG:3857, generated and stored: the tile server then only clips. Areas and
lengths are never measured in either of them.
"""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from gridmap import schema

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata = MetaData(naming_convention=NAMING)

GROUND_TAGS = {"roads": ("access", "tunnel", "layer"), "landuse": ("access",)}
"""OSM tags beside the schema's columns that tell what ground is public; files may have them."""
_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "number": Double,
    "bool": Boolean,
    "date": Date,
}


def _type(kind: str) -> TypeEngine[Any]:
    if kind == "datetime":
        return DateTime(timezone=True)
    # "24:00" is a valid end of a window and no valid time of a driver: local times stay text.
    return _TYPES.get(kind, Text)()


def _comment(column: schema.Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.labels['zh_Hans']} · {column.labels['en']}{unit}: {column.meaning}"


def _geometry() -> Column[Any]:
    return Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False))


def _drawn() -> Column[Any]:
    return Column(
        "drawn",
        Geometry("GEOMETRY", 3857, spatial_index=False),
        Computed("st_transform(geometry, 3857)", persisted=True),
    )


def _tags(layer: str) -> list[Column[Any]]:
    names = GROUND_TAGS[layer]
    return [Column(one, Text, comment=f"OSM tag {one}, if known.") for one in names]


def _district() -> Column[Any]:
    return Column(
        "district_id", Integer, ForeignKey("districts.id", ondelete="CASCADE"), nullable=False
    )


def _gid() -> Column[Any]:
    return Column("gid", BigInteger, Identity(always=True))


def _layer_table(name: str, *extra: Any, drawn: bool = False) -> Table:
    spec = schema.layer(name)
    own = [
        Column(one.name, _type(one.type), nullable=not one.required, comment=_comment(one))
        for one in spec.columns.values()
        if one.name not in {part.name for part in extra if isinstance(part, Column)}
    ]
    shape = [_geometry()] if spec.geometry != "none" else []
    on_tiles: list[Any] = (
        [_drawn(), Index(f"ix_{name}_drawn", "drawn", postgresql_using="gist")] if drawn else []
    )
    unique = [UniqueConstraint("district_id", spec.id_column)] if spec.id_column else []
    key = (
        []
        if any(isinstance(p, PrimaryKeyConstraint) for p in extra)
        else [PrimaryKeyConstraint("gid")]
    )
    first = [] if unique else [Index(f"ix_{name}_district_id", "district_id")]
    return Table(
        name,
        metadata,
        _gid(),
        _district(),
        *own,
        *shape,
        *on_tiles,
        *extra,
        *key,
        *unique,
        *([] if any(isinstance(p, Index) for p in extra) else first),
        comment=f"{spec.labels['zh_Hans']} · {spec.labels['en']}: {spec.meaning}",
    )


def _community() -> Column[Any]:
    return Column("community_code", Text, comment="Community of the cell; row-level security.")


def _cell() -> Column[Any]:
    return Column("cell_id", Text, comment="Cell the place lies in; set on loading.")


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
    _geometry(),
    comment="One row per district; version grows with every edit of any of its layers.",
)

summaries = Table(
    "summaries",
    metadata,
    _district(),
    Column("dimension", Text, nullable=False, comment="Empty for figures of no dimension."),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("district_id", "dimension"),
    comment="Totals of a district by dimension: the parts of summary.json.",
)
communities = _layer_table("communities", UniqueConstraint("district_id", "code"), drawn=True)
cells = _layer_table(
    "cells",
    Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
    Column("border_m", Double, comment="Length of the border [m], measured likewise."),
    Index("ix_cells_community_code", "district_id", "community_code"),
    drawn=True,
)
past_cells = _layer_table(
    "past_cells",
    Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
    Column("border_m", Double, comment="Length of the border [m], measured likewise."),
    Index("ix_past_cells_cell_id", "district_id", "cell_id"),
    drawn=True,
)
past_communities = _layer_table("past_communities")
lineage = _layer_table(
    "lineage",
    _community(),
    Index("ix_lineage_new_cell_id", "district_id", "new_cell_id"),
    Index("ix_lineage_old_cell_id", "district_id", "old_cell_id"),
)
editions = Table(
    "editions",
    metadata,
    _gid(),
    _district(),
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
    _district(),
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
roads = _layer_table("roads", *_tags("roads"), drawn=True)
buildings = _layer_table("buildings", drawn=True)
landuse = _layer_table("landuse", *_tags("landuse"), drawn=True)
population = _layer_table("population")
sites = _layer_table("sites", _cell(), _community(), drawn=True)
cameras = _layer_table("cameras", _cell(), _community(), drawn=True)
posts = _layer_table("posts")
duties = _layer_table(
    "duties",
    _community(),
    Index("ix_duties_cell_id", "district_id", "cell_id"),
    Index("ix_duties_post_id", "district_id", "post_id"),
)
absences = _layer_table(
    "absences",
    Column("absence_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("entered_at", DateTime(timezone=True), comment="Entered on a page; empty: loaded."),
    UniqueConstraint("absence_id"),
    Index("ix_absences_post_id", "district_id", "post_id"),
)
staff_rules = _layer_table("staff_rules")
requirements = _layer_table("requirements", _community())
shifts = _layer_table("shifts")
fixes = Table(
    "fixes",
    metadata,
    _gid(),
    _district(),
    Column("day", Date, nullable=False, comment="Day of the fix in UTC; the partition."),
    Column("shift_id", Text, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("accuracy_m", Double),
    _geometry(),
    PrimaryKeyConstraint("day", "gid"),
    Index("ix_fixes_shift_id", "district_id", "shift_id", "time"),
    postgresql_partition_by="RANGE (day)",
    comment="定位点 · fixes: raw positions, one partition a day, dropped after the time allowed.",
)
premises = _layer_table("premises")

coverage = _layer_table(
    "coverage",
    _community(),
    Column("window", Text, nullable=False, server_default=""),
    UniqueConstraint("district_id", "measure", "window", "cell_id"),
    Index("ix_coverage_cell_id", "district_id", "cell_id"),
)
gaps = _layer_table(
    "gaps",
    Column("outline", Text, Computed("md5(st_asbinary(geometry))", persisted=True)),
    Column("window", Text, nullable=False, server_default=""),
    Index("ix_gaps_rank", "district_id", "rank"),
    drawn=True,
)
service_areas = Table(
    "service_areas",
    metadata,
    _gid(),
    _district(),
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("minutes", Double, comment="Walking time [min]; empty for the area of the norm."),
    Column("limit_m", Double, comment="Walking distance [m]."),
    Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
    _geometry(),
    _drawn(),
    PrimaryKeyConstraint("gid"),
    Index("ix_service_areas_drawn", "drawn", postgresql_using="gist"),
    Index("ix_service_areas_district_id", "district_id"),
    comment="服务区 · service areas: ground within some minutes on foot of a site of a type.",
)
views = Table(
    "views",
    metadata,
    _gid(),
    _district(),
    Column("camera_id", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("area_m2", Double),
    Column("facade_m", Double),
    Column("facade_residential_m", Double),
    Column("counted", Boolean, comment="Whether the camera counts towards coverage."),
    _cell(),
    _community(),
    _geometry(),
    _drawn(),
    PrimaryKeyConstraint("gid"),
    Index("ix_views_drawn", "drawn", postgresql_using="gist"),
    Index("ix_views_camera_id", "district_id", "camera_id"),
    comment="可视域 · views: ground each camera sees, by level.",
)
blind_spots = Table(
    "blind_spots",
    metadata,
    _gid(),
    _district(),
    Column("cell_id", Text, nullable=False),
    _community(),
    Column("area_m2", Double),
    Column("rank", Double),
    _geometry(),
    _drawn(),
    PrimaryKeyConstraint("gid"),
    Index("ix_blind_spots_drawn", "drawn", postgresql_using="gist"),
    Index("ix_blind_spots_district_id", "district_id"),
    comment="盲区 · blind spots: public ground no camera sees.",
)
privacy = Table(
    "privacy",
    metadata,
    _gid(),
    _district(),
    Column("camera_id", Text, nullable=False),
    Column("rank", Integer, nullable=False, comment="1 is the worst."),
    Column("verdict", Text, nullable=False),
    *(
        Column(name, Double)
        for name in (
            "facade_m", "facade_most_m", "facade_125_m", "nearest_home_m", "densest_px_per_m",
            "private_m2", "outside_public_share", "masked_share", "overlap_share",
        )
    ),
    Column("homes_125", Boolean, comment="Empty where the density is not known."),
    Column("removal", Boolean),
    *(
        Column(name, JSONB, nullable=False)
        for name in ("facade_by_level", "overlaps", "masks", "reasons")
    ),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "camera_id"),
    comment="隐私审核 · privacy: what each camera sees of homes and lacks on paper, its verdict.",
)  # fmt: skip
presence = Table(
    "presence",
    metadata,
    _gid(),
    _district(),
    Column("cell_id", Text, nullable=False),
    _community(),
    Column("slot_start", DateTime(timezone=True), nullable=False),
    Column("observed_s", Double),
    Column("inferred_s", Double),
    Column("visits", Double),
    PrimaryKeyConstraint("gid"),
    Index("ix_presence_cell_id", "district_id", "cell_id", "slot_start"),
    comment="在岗时长 · presence: seconds and visits per cell and quarter of an hour.",
)

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
    _district(),
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

grid_states = Table(
    "grid_states",
    metadata,
    _district(),
    Column("body", JSONB, nullable=False, comment="Totals, balance, band, what was not judged."),
    PrimaryKeyConstraint("district_id"),
    comment="What the grid of a district is like against the principles of its division.",
)
grid_findings = Table(
    "grid_findings",
    metadata,
    _gid(),
    _district(),
    Column("number", Integer, nullable=False, comment="In the order of the principles, from 1."),
    Column("principle", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("layer", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "number"),
    comment="What breaks a principle of grid division; its cells are in grid_finding_cells.",
)
grid_finding_cells = Table(
    "grid_finding_cells",
    metadata,
    _gid(),
    _district(),
    Column("number", Integer, nullable=False, comment="Number of the finding."),
    Column("place", Integer, nullable=False, comment="1 is the worst."),
    Column("cell_id", Text, comment="Empty where a community has no cell."),
    _community(),
    PrimaryKeyConstraint("gid"),
    Index("ix_grid_finding_cells_number", "district_id", "number"),
    comment="Cells of each finding about the grid, worst first.",
)
grid_figures = Table(
    "grid_figures",
    metadata,
    _gid(),
    _district(),
    Column("measure", Text, nullable=False, comment="A column of GridQuality.cells."),
    Column("cell_id", Text, nullable=False),
    _community(),
    Column("value", Double, comment="Empty where it cannot be known."),
    Column("status", Text, nullable=False, comment="met, missed, unknown or not_due."),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "measure", "cell_id"),
    comment="What each cell is like as a cell: size, shape, ground. No measure of coverage.",
)
standards_rules = Table(
    "standards_rules",
    metadata,
    _district(),
    Column("rule_id", Text, nullable=False),
    *(
        Column(name, Text, nullable=False)
        for name in (
            "kind", "scope", "fact", "parameters", "unit", "text_zh_Hans", "text_zh_Hant",
            "text_en", "source", "confidence", "active",
        )
    ),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    PrimaryKeyConstraint("district_id", "rule_id"),
)  # fmt: skip
standards_results = Table(
    "standards_results",
    metadata,
    _gid(),
    _district(),
    *(
        Column(name, Text, nullable=False)
        for name in ("rule", "kind", "scope", "level", "unit_id", "unit_name")
    ),
    *(
        Column(name, Double)
        for name in (
            "value", "value_high", "required", "required_high", "shortfall", "shortfall_high",
        )
    ),
    *(
        Column(name, Text)
        for name in ("unit", "status", "quality", "reason", "detail", "source", "confidence")
    ),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "rule", "level", "unit_id"),
)  # fmt: skip
standards_facts = Table(
    "standards_facts",
    metadata,
    _gid(),
    _district(),
    *(Column(name, Text, nullable=False) for name in ("level", "unit_id", "unit_name")),
    *(Column(name, JSONB, nullable=False) for name in ("facts", "doubts")),
    PrimaryKeyConstraint("gid"),
    UniqueConstraint("district_id", "level", "unit_id"),
)

LAYERS: dict[str, Table] = {
    one.name: one
    for one in (
        communities, cells, past_cells, past_communities, lineage,
        roads, buildings, landuse, population, sites, cameras, posts, duties,
        absences, staff_rules,
        requirements, shifts, fixes, premises, coverage, gaps, service_areas, views, blind_spots,
        presence,
    )
}  # fmt: skip
"""Tables whose rows belong to a district, in the order of loading."""
