"""Maps and charts of a report of services: shares with their denominator, sites, what is unsure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.maps.colours import class_of, quantile_breaks, value_classes
from gridmap.report.charts import Chart, Curve, draw_charts
from gridmap.report.contents import Picture
from gridmap.report.pictures import Drawing, MapClass, draw_png
from gridmap.report.words import count_text, day_text, report_words
from gridmap.studies.service_facts import ServiceFacts
from gridmap.studies.vocabulary import type_label

_HATCH = {"plain": "", "hatch": "////", "empty": ""}
_UNSURE = ("estimated", "poor")


def draw_type(facts: ServiceFacts, kind: str, language: str) -> Picture:
    """Map of the share of people within the norm of one type, with its sites.

    Parameters
    ----------
    facts : ServiceFacts
        What was measured.
    kind : str
        A type of it.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the words.
    """
    rows = facts.figures[facts.figures["type"] == kind]
    shares = pd.Series(rows["share"].to_numpy(dtype=float), index=rows["cell_id"].astype(str))
    unsure = rows["quality"].isin(_UNSURE) & (rows["people"] > 0)
    title = report_words(language)["sv_map"].format(type=type_label(kind, language))
    return _draw(
        facts,
        title,
        _uninhabited(classes_of(shares, "share", language), facts, language),
        language,
        estimated=frozenset(rows["cell_id"][unsure].astype(str)),
        points=_points(facts, kind),
    )


def draw_overview(facts: ServiceFacts, language: str) -> Picture:
    """Map of the types of which nobody in a cell is served, of those that have a site."""
    having = facts.types.index[facts.types["sites"] > 0]
    rows = facts.figures[facts.figures["type"].isin(having) & (facts.figures["people"] > 0)]
    missed = rows["status"].eq("missed").groupby(rows["cell_id"]).sum()
    known = report_words(language)
    title = known["sv_overview_map"].format(types=len(having))
    counted = missed.reindex(facts.cells["cell_id"].astype(str)).astype(float)
    # Numbers of types are whole, and so are the bounds of their classes.
    breaks = sorted({float(np.ceil(one)) for one in quantile_breaks(counted)})
    classes = classes_of(counted, known["sv_kinds"], language, "OrRd", breaks)
    return _draw(facts, title, _uninhabited(classes, facts, language), language)


def draw_curves(facts: ServiceFacts, kind: str, language: str) -> Picture | None:
    """Coverage by distance beside the Lorenz curve of access; None where neither is known."""
    known = report_words(language)
    mine = facts.curves[facts.curves["type"] == kind]
    charts = [one for one in (_reach(facts, kind, mine, known), _lorenz(mine, known)) if one]
    if not charts:
        return None
    below = " · ".join((known["as_of"].format(day=facts.day.isoformat()), known["made_on"]))
    caption = known["sv_curves"].format(type=type_label(kind, language))
    return Picture(caption, draw_charts(charts, language, below=below, mark=_mark(facts, known)))


def classes_of(
    values: pd.Series,
    unit: str,
    language: str,
    scheme: str = "YlGnBu",
    breaks: Sequence[float] | None = None,
) -> list[MapClass]:
    """Classes of a legend, with the cells of each.

    Parameters
    ----------
    values : Series
        By cell_id; empty where there is none.
    unit : str
        ``share``, or words.
    language : str
        Language of the words.
    scheme : str
        Colours, light for little.
    breaks : sequence of float, optional
        Inner bounds.
    """
    legend = value_classes(
        values.tolist(), unit=unit, language=language, scheme=scheme, breaks=breaks
    )
    known = [one for one in legend if one.key != "unknown"]
    bounds = [one.low for one in known[1:] if one.low is not None]
    place = class_of(values.astype(float), bounds)
    members = {one.key: number for number, one in enumerate(known)} | {"unknown": -1}
    ids = values.index.to_numpy()
    return [
        MapClass(
            one.label,
            one.colour if one.pattern == "plain" else "#ffffff",
            _HATCH[one.pattern],
            frozenset(ids[place == members[one.key]]),
        )
        for one in legend
    ]


def _draw(
    facts: ServiceFacts, title: str, classes: list[MapClass], language: str, **more: Any
) -> Picture:
    known = report_words(language)
    lived = facts.figures[facts.figures["people"] > 0]["cell_id"].nunique()
    below = known["sv_denominator"].format(
        people=count_text(facts.people), cells=lived, all=len(facts.cells)
    )
    drawing = Drawing(
        title=title,
        day=known["as_of"].format(day=day_text(facts.day, language)),
        mark=_mark(facts, known),
        classes=classes,
        below=below,
        point_labels={"o": known["sv_open_site"]},
        **more,
    )
    return Picture(f"{title} · {below}", draw_png(facts.cells, drawing, language, known))


def _uninhabited(classes: list[MapClass], facts: ServiceFacts, language: str) -> list[MapClass]:
    """Legend in which cells without people are not called unknown."""
    lived = facts.figures["cell_id"][facts.figures["people"].ne(0)].astype(str)
    empty = report_words(language)["sv_uninhabited"]
    return [
        replace(one, label=empty) if one.hatch and not one.cell_ids & set(lived) else one
        for one in classes
    ]


def _mark(facts: ServiceFacts, known: Any) -> str:
    return str(known["synthetic_short"]) if facts.synthetic else ""


def _points(facts: ServiceFacts, kind: str) -> dict[str, Any]:
    sites = facts.sites[(facts.sites["type"] == kind) & (facts.sites["kind"] == "nearest")]
    shapes = np.asarray(sites.geometry, dtype=object)
    there = shapes[~shapely.is_missing(shapes)]
    if not len(there):
        return {}
    middle = shapely.point_on_surface(there)
    return {"o": (shapely.get_x(middle), shapely.get_y(middle))}


def _reach(facts: ServiceFacts, kind: str, mine: pd.DataFrame, known: Any) -> Chart | None:
    row: Any = facts.types.loc[kind]
    people = row["people"]
    curves = [
        Curve(
            known[f"sv_{name}"],
            [(x, y / people) for x, y in zip(part["x"], part["y"], strict=True)],
        )
        for name in ("walk", "line")
        if len(part := mine[mine["curve"] == name]) and people > 0
    ]
    norm = float(row["norm_m"])
    return (
        curves
        and Chart(
            known["sv_curve"],
            known["sv_distance"],
            known["sv_people_share"],
            curves,
            at=norm,
            at_label=known["sv_at_norm"].format(norm=f"{norm:g}"),
        )
    ) or None


def _lorenz(mine: pd.DataFrame, known: Any) -> Chart | None:
    part = mine[mine["curve"] == "lorenz.e2sfca"]
    if part.empty or not float(part["y"].max()) > 0:
        return None
    curve = list(zip(part["x"].astype(float), part["y"].astype(float), strict=True))
    return Chart(
        known["sv_lorenz"],
        known["sv_people_share"],
        known["sv_supply_share"],
        [Curve(known["sv_gini"], curve), Curve(known["sv_even"], [(0.0, 0.0), (1.0, 1.0)])],
        shares=(True, True),
    )
