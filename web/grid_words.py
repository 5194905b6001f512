"""Principles of grid division, their rules and figures in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext

from web.words import amount, number

PRINCIPLE: Mapping[str, Any] = {
    "seamless": lazy_gettext("Seamless"),
    "belongs": lazy_gettext("In one community"),
    "suitable_size": lazy_gettext("Suitable size"),
    "balanced": lazy_gettext("Balanced load"),
    "follows_ground": lazy_gettext("Follows the ground"),
    "stable": lazy_gettext("Stable"),
    "answered_for": lazy_gettext("Answered for"),
    "dedicated_whole": lazy_gettext("Dedicated cells whole"),
    "codes": lazy_gettext("Codes"),
}
"""The nine principles, as CJ/T 213 and GB/T 30428.1 have them."""
PRINCIPLE_MEANING: Mapping[str, Any] = {
    "seamless": lazy_gettext("Cells fill their community without gap or overlap."),
    "belongs": lazy_gettext("Every cell lies in exactly one community."),
    "suitable_size": lazy_gettext("Households of a basic cell lie within the band."),
    "balanced": lazy_gettext("No cell carries far more than the others."),
    "follows_ground": lazy_gettext("Borders run along streets, rivers and rails, not across."),
    "stable": lazy_gettext("Cells say since when they are valid, and where they came from."),
    "answered_for": lazy_gettext("One accountable post for every cell on every day."),
    "dedicated_whole": lazy_gettext("Campuses, markets and parks are not cut by a border."),
    "codes": lazy_gettext("Every cell has one code that fits the rule."),
}
RULE: Mapping[str, Any] = {
    "tiling_gap": lazy_gettext("%(area)s of ground lie in no cell, beside %(count)s cells"),
    "tiling_overlap": lazy_gettext("%(area)s of ground lie in two cells at once (%(count)s cells)"),
    "cell_outside_community": lazy_gettext("%(count)s cells reach %(area)s beyond their community"),
    "unknown_community": lazy_gettext("%(count)s cells name a community that is not there"),
    "community_without_cells": lazy_gettext("%(count)s communities have no cell"),
    "cell_too_large": lazy_gettext("%(count)s cells have more than %(most)s households"),
    "cell_too_small": lazy_gettext("%(count)s cells have fewer than %(least)s households"),
    "households_unknown": lazy_gettext("the households of %(count)s cells are not known"),
    "no_household": lazy_gettext("nobody lives in %(count)s basic cells"),
    "unbalanced_cells": lazy_gettext(
        "load is spread unevenly; %(count)s cells carry more than twice the mean"
    ),
    "cell_crossed": lazy_gettext("a main street, river or railway runs through %(count)s cells"),
    "border_off_ground": lazy_gettext(
        "less than half of the border of %(count)s cells follows the ground"
    ),
    "cell_in_parts": lazy_gettext("%(count)s cells lie in several parts"),
    "straggling_cell": lazy_gettext("%(count)s cells straggle"),
    "no_valid_from": lazy_gettext("%(count)s cells do not say since when they are valid"),
    "ends_before_it_begins": lazy_gettext("%(count)s cells end before they begin"),
    "overlapping_validity": lazy_gettext(
        "%(count)s cells of different times stand on the same ground on the same day"
    ),
    "lineage_loses_ground": lazy_gettext("the lineage of %(count)s cells loses ground"),
    "lineage_unknown_cell": lazy_gettext("the lineage names %(count)s unknown cells"),
    "nobody_answers": lazy_gettext("nobody answers for %(count)s cells"),
    "community_answers": lazy_gettext(
        "%(count)s cells have no post of their own; that of their community answers"
    ),
    "two_accountable_posts": lazy_gettext("%(count)s cells have two accountable posts at once"),
    "dedicated_cell_cut": lazy_gettext(
        "campuses, markets or parks of dedicated cells reach into others (%(count)s cells)"
    ),
    "campus_in_many_cells": lazy_gettext(
        "campuses, markets or parks are divided among several cells (%(count)s cells)"
    ),
    "no_cell_code": lazy_gettext("%(count)s cells have no official code"),
    "odd_cell_code": lazy_gettext("the code of %(count)s cells does not fit the rule"),
    "duplicate_code": lazy_gettext("%(count)s cells share a code with another"),
    "code_of_another_community": lazy_gettext(
        "%(count)s cells carry the code of another community"
    ),
}
REMEDY: Mapping[str, Any] = {
    "tiling_gap": lazy_gettext("Correct the borders, or lay the cells anew."),
    "tiling_overlap": lazy_gettext("Correct the borders, or lay the cells anew."),
    "cell_outside_community": lazy_gettext("Correct the borders, or lay the cells anew."),
    "unknown_community": lazy_gettext("Correct the community code, or add the community."),
    "community_without_cells": lazy_gettext("Divide these communities."),
    "cell_too_large": lazy_gettext("Split them along a street."),
    "cell_too_small": lazy_gettext("Merge them with a neighbour of the same community."),
    "households_unknown": lazy_gettext("Fill in the households of the cells."),
    "no_household": lazy_gettext("Mark them as dedicated where one owner fills them, else merge."),
    "unbalanced_cells": lazy_gettext("Move borders from heavy cells to light neighbours."),
    "cell_crossed": lazy_gettext("Cut them along it."),
    "border_off_ground": lazy_gettext("Move the borders to the nearest street."),
    "cell_in_parts": lazy_gettext("Give each part a cell of its own, or add it to a neighbour."),
    "straggling_cell": lazy_gettext("Exchange ground with neighbours."),
    "no_valid_from": lazy_gettext("Fill in the day the grid was put in force."),
    "ends_before_it_begins": lazy_gettext("Correct one of the two days."),
    "overlapping_validity": lazy_gettext("End the older cell on the day the newer one begins."),
    "lineage_loses_ground": lazy_gettext("Add the missing successors."),
    "lineage_unknown_cell": lazy_gettext("Add the cells of the past, or correct the lineage."),
    "nobody_answers": lazy_gettext("Give each cell, or its community, an accountable post."),
    "community_answers": lazy_gettext("Give each an accountable post, unless this is meant."),
    "two_accountable_posts": lazy_gettext("End one duty on the day the other begins."),
    "dedicated_cell_cut": lazy_gettext("Move the border to the edge of the ground."),
    "campus_in_many_cells": lazy_gettext("Give each a dedicated cell."),
    "no_cell_code": lazy_gettext("Import the list of codes."),
    "odd_cell_code": lazy_gettext("Correct the code."),
    "duplicate_code": lazy_gettext("Give each cell its own serial number."),
    "code_of_another_community": lazy_gettext("Correct the code or the community."),
}
FIGURE: Mapping[str, Any] = {
    "households": lazy_gettext("Households"),
    "deviation_share": lazy_gettext("Distance from the target"),
    "area_m2": lazy_gettext("Area"),
    "compactness": lazy_gettext("Compactness"),
    "ground_share": lazy_gettext("Border along the ground"),
    "street_share": lazy_gettext("Border along streets"),
    "crossing_m": lazy_gettext("Crossed by main streets, rivers, rails"),
    "street_m": lazy_gettext("Street length"),
    "sites": lazy_gettext("Service sites"),
}
FIGURE_MEANING: Mapping[str, Any] = {
    "households": lazy_gettext("Households living in the cell."),
    "deviation_share": lazy_gettext("How far the households are from the middle of the band."),
    "area_m2": lazy_gettext("Ground of the cell."),
    "compactness": lazy_gettext("Polsby–Popper: 1 is a circle, 0.79 a square, less straggles."),
    "ground_share": lazy_gettext(
        "Share of the border within 10 m along streets, rivers, rails and community borders."
    ),
    "street_share": lazy_gettext("Share of the border within 10 m along public streets."),
    "crossing_m": lazy_gettext("Metres of main street, river or railway 20 m inside the cell."),
    "street_m": lazy_gettext("Public streets inside the cell."),
    "sites": lazy_gettext("Service sites inside the cell."),
}
SEVERITY: Mapping[str, Any] = {
    "error": lazy_gettext("error"),
    "warning": lazy_gettext("warning"),
    "note": lazy_gettext("note"),
}


def say_finding(finding: Mapping[str, Any], band: Sequence[float] | None) -> str:
    """Sentence of a finding, with its counts; the rule itself where it has no words."""
    least, most = band or (None, None)
    said = str(RULE.get(finding["rule"], finding["rule"]))
    return said % {
        "count": number(finding["count"]),
        "area": amount(finding["area_m2"], "m²"),
        "least": number(least),
        "most": number(most),
    }
