"""What in a grid breaks the principles of its division: findings with ids, figures, remedies."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap.errors import name_ids
from gridmap.grid.code_rules import CodeRule, rule_followed
from gridmap.grid.dedicated import large_enough
from gridmap.grid.join import share_areas
from gridmap.grid.principles import CROSSING_M, PRINCIPLES, GridQuality
from gridmap.grid.quality import examine_tiling
from gridmap.schema import Finding, Severity

"""Ground that a dedicated cell keeps whole, by kind of land use."""

Findings = Iterator[Finding]


@dataclass(frozen=True)
class Thresholds:
    """From where on a figure of a grid is a finding.

    Attributes
    ----------
    cv : float
        Coefficient of variation of the load above which a grid is unbalanced.
    max_to_mean : float
        Load of a cell, as a multiple of the mean, above which it is told as too heavy.
    crossing_m : float
        Metres of main street, river or rail in the interior of a cell [m].
    ground_share : float
        Least share of a border along the ground.
    compactness : float
        Least Polsby–Popper compactness; a strip of 1 : 10 has 0.26.
    campus_share : float
        Share of a campus outside its largest cell that is let pass.

    Examples
    --------
    >>> Thresholds(crossing_m=100).crossing_m, Thresholds().crossing_m
    (100, 50.0)
    """

    cv: float = 0.5
    max_to_mean: float = 2.0
    crossing_m: float = CROSSING_M
    ground_share: float = 0.5
    compactness: float = 0.2
    campus_share: float = 0.05


def principle_of(rule: str) -> str | None:
    """Principle of grid division that a rule belongs to.

    Examples
    --------
    >>> principle_of("tiling_gap"), principle_of("unknown_shift")
    ('seamless', None)
    """
    return next((name for name, rules in PRINCIPLES.items() if rule in rules), None)


def examine_grid(
    quality: GridQuality,
    cells: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    landuse: gpd.GeoDataFrame,
    *,
    limits: Thresholds | None = None,
    code_rule: CodeRule | None = None,
) -> list[Finding]:
    """Find what breaks the principles that can be seen in the cells themselves.

    Parameters
    ----------
    quality : GridQuality
        Of these cells, from :func:`gridmap.grid.principles.describe_grid`.
    cells : GeoDataFrame
        Cells valid together.
    communities, landuse : GeoDataFrame
        Layers of the district in the same CRS.
    limits : Thresholds, optional
        From where on a figure is a finding.
    code_rule : CodeRule, optional
        Rule of the cell codes; default the one of those that ship which most codes follow.

    Returns
    -------
    list of Finding
        In the order of the principles; the ids are cell ids (community codes where a community
        has no cell), worst first.

    Examples
    --------
    >>> from gridmap.grid.principles import describe_grid
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = toy.communities, toy["roads"], toy["landuse"]
    >>> quality = describe_grid(toy["cells"], *ground, band=(30, 70))
    >>> found = examine_grid(quality, toy["cells"], toy.communities, toy["landuse"])
    >>> [(one.rule, one.ids) for one in found][:2]
    [('cell_too_large', ('nw',)), ('cell_too_small', ('se',))]
    """
    bounds = limits or Thresholds()
    return [
        *examine_tiling(cells, communities),
        *_sizes(quality),
        *_balance(quality, bounds),
        *_ground(quality.cells, bounds),
        *_dates(cells),
        *_campuses(cells, landuse, bounds),
        *_codes(cells, code_rule),
    ]


def _sizes(quality: GridQuality) -> Findings:
    table, (least, most) = quality.cells, quality.band
    basic = table[~table["dedicated"]]
    asked = f"a basic cell has {least:.0f} to {most:.0f} households"
    over = basic[basic["households"] > most].sort_values("households", ascending=False)
    under = basic[(basic["households"] < least) & (basic["households"] > 0)]
    under = under.sort_values("households")
    if len(over):
        yield cells_finding(
            "cell_too_large",
            "warning",
            over,
            f"{asked}; {len(over)} of {len(basic)} cells have more, up to "
            f"{over['households'].iloc[0]:.0f}",
            "Split them along a street, or lay them anew with gridmap divide.",
        )
    if len(under):
        yield cells_finding(
            "cell_too_small",
            "note",
            under,
            f"{asked}; {len(under)} of {len(basic)} cells have fewer, down to "
            f"{under['households'].iloc[0]:.0f}",
            "Merge them with a neighbour of the same community, unless the ground forbids it.",
        )
    yield from _homeless(basic)


def _homeless(basic: pd.DataFrame) -> Findings:
    empty, unknown = basic[basic["households"] == 0], basic[basic["households"].isna()]
    if len(empty):
        yield cells_finding(
            "no_household",
            "note",
            empty,
            f"nobody lives in {len(empty)} of {len(basic)} basic cells",
            "Mark them kind = dedicated where one owner fills them, else merge them.",
        )
    if len(unknown):
        area = unknown["area_m2"] / 1e4
        yield cells_finding(
            "households_unknown",
            "note",
            unknown,
            f"households of {len(unknown)} of {len(basic)} basic cells are not known, so their "
            f"size cannot be judged; their area is {area.min():.1f} to {area.max():.1f} ha",
            "Fill in the column households of the cells, or add the layer population.",
        )


def _balance(quality: GridQuality, limits: Thresholds) -> Findings:
    load = "households" if quality.balance.loc["households", "cells"] else "area_m2"
    told = quality.balance.loc[load]
    if not (told["cv"] > limits.cv or told["max_to_mean"] > limits.max_to_mean):
        return
    basic = quality.cells[~quality.cells["dedicated"]].sort_values(load, ascending=False)
    heavy = basic[basic[load] > limits.max_to_mean * told["mean"]]
    words = {"households": "households", "area_m2": "ground"}
    yield cells_finding(
        "unbalanced_cells",
        "note",
        heavy,
        f"{words[load]} should be spread evenly (variation up to {limits.cv:.2f}, largest up to "
        f"{limits.max_to_mean:.1f} × the mean); variation is {told['cv']:.2f}, the largest "
        f"{told['max_to_mean']:.1f} × the mean, Gini {told['gini']:.2f}",
        "Move borders from heavy cells to light neighbours, or divide anew.",
    )


def _ground(table: pd.DataFrame, limits: Thresholds) -> Findings:
    crossed = table[table["crossing_m"] >= limits.crossing_m]
    crossed = crossed.sort_values("crossing_m", ascending=False)
    if len(crossed):
        yield cells_finding(
            "cell_crossed",
            "warning",
            crossed,
            f"a main street, river or railway should not run through a cell; it does in "
            f"{len(crossed)} of {len(table)} cells, by up to {crossed['crossing_m'].iloc[0]:.0f} m",
            "Cut them along it: gridmap divide --method streets does.",
        )
    loose = table[table["ground_share"] < limits.ground_share].sort_values("ground_share")
    if len(loose):
        yield cells_finding(
            "border_off_ground",
            "note",
            loose,
            f"at least {limits.ground_share:.0%} of a border should follow streets, rivers, rails "
            f"or community borders; in {len(loose)} of {len(table)} cells less does",
            "Move the borders to the nearest street, or lay the cells with --method streets.",
        )
    yield from _shapes(table, limits)


def _shapes(table: pd.DataFrame, limits: Thresholds) -> Findings:
    apart = table[table["parts"] > 1].sort_values("parts", ascending=False)
    if len(apart):
        yield cells_finding(
            "cell_in_parts",
            "warning",
            apart,
            f"a cell is one piece of ground; {len(apart)} cells lie in {apart['parts'].iloc[0]} "
            "parts or fewer",
            "Give each part a cell of its own, or add it to the cell around it.",
        )
    thin = table[table["compactness"] < limits.compactness].sort_values("compactness")
    if len(thin):
        yield cells_finding(
            "straggling_cell",
            "note",
            thin,
            f"{len(thin)} cells straggle: compactness (Polsby–Popper) under "
            f"{limits.compactness:.2f}, down to {thin['compactness'].iloc[0]:.2f}",
            "Look whether one post can walk them; exchange ground with neighbours.",
        )


def _dates(cells: gpd.GeoDataFrame) -> Findings:
    undated = cells[cells["valid_from"].isna()]
    if len(undated):
        yield cells_finding(
            "no_valid_from",
            "note",
            undated,
            f"{len(undated)} of {len(cells)} cells do not say since when they are valid",
            "Fill in valid_from with the day the grid was put in force.",
        )


def _campuses(cells: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame, limits: Thresholds) -> Findings:
    """Campuses, markets and parks that more than one cell holds."""
    campus = landuse.geometry[large_enough(landuse)].reset_index(drop=True)
    if campus.empty or cells.empty:
        return
    parts = share_areas(campus, cells)
    by_campus = parts.groupby("row")["share"]
    first = parts.loc[by_campus.idxmax()].set_index("row")
    inside = by_campus.sum()
    cut = inside - first["share"] > limits.campus_share
    dedicated = cells["cell_id"][(cells["kind"] == "dedicated").fillna(False).astype(bool)]
    own = first["cell_id"].isin(dedicated)
    told: tuple[tuple[str, Severity, pd.Index, str, str], ...] = (
        (
            "dedicated_cell_cut",
            "warning",
            first.index[cut & own],
            "dedicated cells should hold their campus, market or park whole; {} reach into others",
            "Move the border of the dedicated cell to the edge of the ground.",
        ),
        (
            "campus_in_many_cells",
            "note",
            first.index[cut & ~own],
            "{} campuses, markets or parks are divided among several cells",
            "Give each a dedicated cell (kind = dedicated), or keep it in one basic cell.",
        ),
    )
    for rule, severity, rows, found, remedy in told:
        if len(rows):
            held = parts[parts["row"].isin(rows) & (parts["share"] > limits.campus_share)]
            yield cells_finding(
                rule, severity, held.drop_duplicates("cell_id"), found.format(len(rows)), remedy
            )


def _codes(cells: gpd.GeoDataFrame, told: CodeRule | None) -> Findings:
    bare = cells[cells["code"].isna()]
    if len(bare):
        yield cells_finding(
            "no_cell_code",
            "note",
            bare,
            f"{len(bare)} of {len(cells)} cells have no official code",
            "Import the list of codes, or lay the cells with gridmap divide, which gives codes.",
        )
    coded = cells[cells["code"].notna()]
    rule = told or rule_followed(coded["code"])
    odd = coded[~rule.fits(coded["code"])]
    if len(odd):
        yield cells_finding(
            "odd_cell_code",
            "warning",
            odd,
            f"under rule {rule.name} a cell code has {rule.describe()}; found "
            f"{name_ids(odd['code'])}",
            "Correct the code, code the cells anew with gridmap grid recode, or name the rule they "
            "follow with --code-rule.",
        )


def cells_finding(
    rule: str, severity: Severity, rows: pd.DataFrame, found: str, remedy: str
) -> Finding:
    """Say a finding about these cells; its text begins with the principle."""
    principle = (principle_of(rule) or "grid").replace("_", " ")
    ids = tuple(rows["cell_id"].astype(str))
    return Finding(rule, severity, "cells", ids, f"{principle}: {found}", remedy)
