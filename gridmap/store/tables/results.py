"""Tables of what was computed: coverage, gaps, grids and standards judged."""

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    DateTime,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
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
    layer_table,
    metadata,
    result_table,
)

summaries = Table(
    "summaries",
    metadata,
    district_id(),
    Column("dimension", Text, nullable=False, comment="Empty for figures of no dimension."),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("district_id", "dimension"),
    comment="Totals of a district by dimension: the parts of summary.json.",
)

coverage = layer_table(
    "coverage",
    community_code(),
    Column("window", Text, nullable=False, server_default=""),
    UniqueConstraint("district_id", "measure", "window", "cell_id"),
    Index("ix_coverage_cell_id", "district_id", "cell_id"),
)

gaps = layer_table(
    "gaps",
    Column("outline", Text, Computed("md5(st_asbinary(geometry))", persisted=True)),
    Column("window", Text, nullable=False, server_default=""),
    Index("ix_gaps_rank", "district_id", "rank"),
    drawn=True,
)

service_areas = result_table(
    "service_areas",
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("minutes", Double, comment="Walking time [min]; empty for the area of the norm."),
    Column("limit_m", Double, comment="Walking distance [m]."),
    Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
    Index("ix_service_areas_district_id", "district_id"),
    drawn=True,
    comment="服务区 · service areas: ground within some minutes on foot of a site of a type.",
)

unserved = result_table(
    "unserved",
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("people", Double, comment="People of the cell beyond the norm."),
    Index("ix_unserved_type", "district_id", "type"),
    drawn=True,
    comment="未覆盖人口 · unserved: where the people live who are beyond the norm of a type.",
)

cell_sites = result_table(
    "cell_sites",
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("state", Text, nullable=False, comment="open or planned."),
    Column("place", Integer, nullable=False, comment="Place among those of its state, from 1."),
    Column("site_id", Text, nullable=False),
    Column("site_name", Text),
    Column("walk_m", Double, comment="Mean walk [m], weighted by people."),
    Column("least_m", Double, comment="Shortest walk [m]."),
    Column("nearest_share", Double, comment="Share of people who have no nearer one."),
    Column("norm_share", Double, comment="Share of people who have it within the norm."),
    Column("from_middle", Boolean, comment="Measured from the middle: nobody lives there."),
    UniqueConstraint("district_id", "cell_id", "type", "state", "place"),
    comment="服务网格的站点 · cell sites: the sites nearest to the people of each cell.",
)

service_curves = result_table(
    "service_curves",
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("curve", Text, nullable=False, comment="walk, line (people by metres), lorenz …"),
    Column("x", Double, nullable=False),
    Column("y", Double, nullable=False),
    Index("ix_service_curves_type", "district_id", "type"),
    comment="服务曲线 · service curves: what charts of a facility type draw.",
)

catchments = result_table(
    "catchments",
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("kind", Text, nullable=False, comment="nearest, or capacity: within that of the sites."),
    Column("site_id", Text, comment="Empty for the ground of those with no site."),
    Column("people", Double),
    Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
    Index("ix_catchments_type", "district_id", "type"),
    drawn=True,
    comment="分配区 · catchments: whose nearest site is which.",
)

site_loads = result_table(
    "site_loads",
    Column("type", Text, nullable=False, comment="Facility type."),
    Column("kind", Text, nullable=False, comment="Kind of catchment."),
    Column("site_id", Text, comment="Empty for people with no site."),
    Column("site_name", Text),
    *(
        Column(name, Double)
        for name in (
            "people", "walk_mean_m", "walk_p90_m", "walk_max_m", "capacity", "load", "people_over",
        )
    ),
    Index("ix_site_loads_type", "district_id", "type"),
    comment="站点负荷 · site loads: people of each catchment against the room of its site.",
)  # fmt: skip

views = result_table(
    "views",
    Column("camera_id", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("area_m2", Double),
    Column("facade_m", Double),
    Column("facade_residential_m", Double),
    Column("counted", Boolean, comment="Whether the camera counts towards coverage."),
    cell_id(),
    community_code(),
    Index("ix_views_camera_id", "district_id", "camera_id"),
    drawn=True,
    comment="可视域 · views: ground each camera sees, by level.",
)

blind_spots = result_table(
    "blind_spots",
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("area_m2", Double),
    Column("rank", Double),
    Index("ix_blind_spots_district_id", "district_id"),
    drawn=True,
    comment="盲区 · blind spots: public ground no camera sees.",
)

privacy = result_table(
    "privacy",
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
    UniqueConstraint("district_id", "camera_id"),
    comment="隐私审核 · privacy: what each camera sees of homes and lacks on paper, its verdict.",
)  # fmt: skip

presence = result_table(
    "presence",
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("slot_start", DateTime(timezone=True), nullable=False),
    Column("observed_s", Double),
    Column("inferred_s", Double),
    Column("visits", Double),
    Index("ix_presence_cell_id", "district_id", "cell_id", "slot_start"),
    comment="在岗时长 · presence: seconds and visits per cell and quarter of an hour.",
)

grid_states = Table(
    "grid_states",
    metadata,
    district_id(),
    Column("body", JSONB, nullable=False, comment="Totals, balance, band, what was not judged."),
    PrimaryKeyConstraint("district_id"),
    comment="What the grid of a district is like against the principles of its division.",
)

grid_findings = result_table(
    "grid_findings",
    Column("number", Integer, nullable=False, comment="In the order of the principles, from 1."),
    Column("principle", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("layer", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    UniqueConstraint("district_id", "number"),
    comment="What breaks a principle of grid division; its cells are in grid_finding_cells.",
)

grid_finding_cells = result_table(
    "grid_finding_cells",
    Column("number", Integer, nullable=False, comment="Number of the finding."),
    Column("place", Integer, nullable=False, comment="1 is the worst."),
    Column("cell_id", Text, comment="Empty where a community has no cell."),
    community_code(),
    Index("ix_grid_finding_cells_number", "district_id", "number"),
    comment="Cells of each finding about the grid, worst first.",
)

grid_figures = result_table(
    "grid_figures",
    Column("measure", Text, nullable=False, comment="A column of GridQuality.cells."),
    Column("cell_id", Text, nullable=False),
    community_code(),
    Column("value", Double, comment="Empty where it cannot be known."),
    Column("status", Text, nullable=False, comment="met, missed, unknown or not_due."),
    UniqueConstraint("district_id", "measure", "cell_id"),
    comment="What each cell is like as a cell: size, shape, ground. No measure of coverage.",
)

standards_rules = Table(
    "standards_rules",
    metadata,
    district_id(),
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

standards_results = result_table(
    "standards_results",
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
    UniqueConstraint("district_id", "rule", "level", "unit_id"),
)  # fmt: skip

standards_facts = result_table(
    "standards_facts",
    *(Column(name, Text, nullable=False) for name in ("level", "unit_id", "unit_name")),
    *(Column(name, JSONB, nullable=False) for name in ("facts", "doubts")),
    UniqueConstraint("district_id", "level", "unit_id"),
)
