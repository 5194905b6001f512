"""What pages about drafts of borders say."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from web.words import people, share

BAND: Mapping[str, Any] = {
    "in": lazy_gettext("within the band"),
    "over": lazy_gettext("too many"),
    "under": lazy_gettext("too few"),
    "unknown": lazy_gettext("households unknown"),
    "dedicated": lazy_gettext("dedicated cell"),
}
CHANGE: Mapping[str, Any] = {
    "adjusted": lazy_gettext("border moved"),
    "gone": lazy_gettext("merged away"),
    "new": lazy_gettext("split off"),
}
BASIS: Mapping[str, Any] = {
    "counted": lazy_gettext("households counted where people live"),
    "people": lazy_gettext("households estimated from people, at the district's household size"),
    "area": lazy_gettext("households estimated: spread evenly over the ground of each cell"),
    "unknown": lazy_gettext("households unknown: this district does not say where people live"),
}


def say_problem(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with a cell, in the reader's language."""
    value, limit = problem["value"], problem["limit"]
    texts = {
        "over_band": gettext(
            "%(value)s households, at most %(limit)s expected",
            value=people(value), limit=people(limit),
        ),
        "under_band": gettext(
            "%(value)s households, at least %(limit)s expected",
            value=people(value), limit=people(limit),
        ),
        "drawn_out": gettext(
            "drawn out: compactness %(value)s, at least %(limit)s expected",
            value=f"{value:.2f}", limit=f"{limit:.2f}",
        ),
        "several_parts": gettext("in %(value)s parts that do not touch", value=round(value)),
        "overlap": gettext("overlaps its neighbours by %(value)s m²", value=round(value)),
        "gap": gettext("leaves %(value)s m² of ground in no cell", value=round(value)),
    }  # fmt: skip
    return texts[problem["rule"]]


def say_balance(balance: Mapping[str, Mapping[str, float | None]]) -> list[dict[str, str]]:
    """Rows of figures before and after, ready to be read."""
    rows = [
        (gettext("Cells"), "cells", people),
        (gettext("Cells within the band"), "in_band_share", share),
        (gettext("Variation of households (CV)"), "households_cv", _two),
        (gettext("Largest ÷ mean households"), "households_max_to_mean", _two),
        (gettext("Mean compactness"), "mean_compactness", _two),
    ]
    return [
        {"label": label} | {side: said(balance[side][name]) for side in ("before", "after")}
        for label, name, said in rows
    ]


def of_editor() -> dict[str, str]:
    """Words the scripts of the editor show."""
    return {
        "households": gettext("Households"),
        "area": gettext("Area"),
        "compactness": gettext("Compactness"),
        "changed": gettext("changed in this draft"),
        "in": str(BAND["in"]),
        "over": str(BAND["over"]),
        "under": str(BAND["under"]),
        "unknown": str(BAND["unknown"]),
        "dedicated": str(BAND["dedicated"]),
        "pick": gettext("Choose a cell on the map to edit its borders."),
        "pick_more": gettext("Shift and click a neighbour to choose both."),
        "merge_two": gettext(
            "Choose two neighbours first: click one, then Shift and click another."
        ),
        "split_one": gettext("Choose one cell first, then draw a line across it."),
        "draw_line": gettext(
            "Click outside the cell, then across it; finish with a double click. Esc stops."
        ),
        "saving": gettext("Saving …"),
        "saved": gettext("Saved in the draft."),
        "undone": gettext("Taken back."),
        "redone": gettext("Done again."),
        "failed": gettext("The server did not answer. Nothing was changed; try again."),
        "no_problems": gettext("No problems in what was changed."),
        "locked": gettext("This corner is fixed: borders of several communities meet here."),
        "corner_free": gettext("corner, drag to move"),
        "corner_slide": gettext("end of a border, drag along the border of the community"),
        "corner_locked": gettext("fixed corner"),
    }  # fmt: skip


def of_difference() -> dict[str, str]:
    """Words the map of a difference shows."""
    return {"before": gettext("Border before"), "after": gettext("Border after")}


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
