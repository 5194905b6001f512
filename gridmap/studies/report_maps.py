"""Maps of a report: one picture for each dimension, and one of the privacy audit."""

from datetime import date
from typing import Any

import pandas as pd

from gridmap.maps.colours import class_of, status_classes, value_classes
from gridmap.maps.words import measure_words
from gridmap.report.contents import Picture
from gridmap.report.pictures import Drawing, MapClass, draw_png
from gridmap.report.words import report_words
from gridmap.studies.vocabulary import rule_label, type_label

_HATCH = {"plain": "", "hatch": "////", "empty": ""}
_MAIN = {"staffing": "staffing.accountable", "patrol": "patrol.met_share"}
"""Measure that the map of a dimension shows, where it does not depend on the district."""


def name_measure(measure: str, language: str) -> str:
    """Name of a measure for a reader; of a rule of the standards, its text.

    Examples
    --------
    >>> name_measure("police_room.met", "en"), name_measure("staffing.posts", "zh_Hans")
    ('a police room in every community', '在岗岗位数')
    """
    subject = measure.partition(".")[0]
    if measure.endswith("met") and not measure.startswith("patrol."):
        rule = rule_label(subject, language)
        if rule != subject.replace("_", " "):
            return rule
    return measure_words(measure, language, {subject: type_label(subject, language)})


def draw_dimension(cover: Any, dimension: str, day: date, language: str) -> Picture:
    """Map of the measure of a dimension that divides the cells most.

    Parameters
    ----------
    cover : Cover
        What was measured.
    dimension : str
        A dimension of it.
    day : date
        Local day it holds for.
    language : str
        Language of the words.
    """
    measure = main_measure(cover.coverage, dimension)
    rows = cover.coverage[(cover.coverage["measure"] == measure) & (cover.coverage["window"] == "")]
    shares = len(rows) > 0 and bool((rows["unit"] == "share").all())
    values = pd.Series(rows["value"].to_numpy(), index=rows["cell_id"].astype(str))
    classes = _by_value(values, "share", language) if shares else _by_status(rows, language)
    return _draw(cover, name_measure(measure, language), classes, day, language)


def draw_privacy(cover: Any, day: date, language: str) -> Picture:
    """Map of the façades of homes that the cameras of each cell may see."""
    facade = cover.privacy.groupby("cell_id")["facade_most_m"].sum(min_count=1)
    values = facade.reindex(cover.cells["cell_id"].astype(str))
    title = report_words(language)["map_privacy"]
    return _draw(cover, title, _by_value(values, "m", language), day, language)


def main_measure(coverage: pd.DataFrame, dimension: str) -> str:
    """Measure that a map of a dimension shows.

    Notes
    -----
    Where it is open, the one that most cells fall short of while others do not: where no cell has
    any, as of a kind of site that is nowhere, a map says nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"dimension": "services", "status": ["missed", "missed", "met", "met"],
    ...                      "measure": ["a", "a", "b", "b"]})
    >>> main_measure(rows.assign(status=["missed", "missed", "met", "missed"]), "services")
    'b'
    """
    if dimension in _MAIN:
        return _MAIN[dimension]
    rows = coverage[coverage["dimension"] == dimension]
    judged = rows[rows["status"] != "not_due"]
    short = judged["status"].isin(["missed", "partly"])
    by = short.groupby(judged["measure"]).agg(["sum", "size"])
    if by.empty:
        return str(rows["measure"].iloc[0]) if len(rows) else ""
    divided = by[(by["sum"] > 0) & (by["sum"] < by["size"])]
    return str((divided if len(divided) else by).sort_values("sum", kind="stable").index[-1])


def _by_value(values: pd.Series, unit: str, language: str) -> list[MapClass]:
    legend = value_classes(values.tolist(), unit=unit, language=language)
    known = [one for one in legend if one.key != "unknown"]
    place = class_of(values.astype(float), [one.low for one in known[1:] if one.low is not None])
    members = {one.key: number for number, one in enumerate(known)} | {"unknown": -1}
    ids = values.index.to_numpy()
    return [_class(one, ids[place == members[one.key]]) for one in legend]


def _by_status(rows: pd.DataFrame, language: str) -> list[MapClass]:
    ids, status = rows["cell_id"].astype(str).to_numpy(), rows["status"].to_numpy()
    return [_class(one, ids[status == one.key]) for one in status_classes(language=language)]


def _class(one: Any, cell_ids: Any) -> MapClass:
    colour = one.colour if one.pattern == "plain" else "#ffffff"
    return MapClass(one.label, colour, _HATCH[one.pattern], frozenset(cell_ids))


def _draw(cover: Any, title: str, classes: list[MapClass], day: date, language: str) -> Picture:
    known = report_words(language)
    mark = known["synthetic_short"] if cover.synthetic else ""
    told = {"as_of": known["as_of"].format(day=day.isoformat())}
    drawing = Drawing(title, told["as_of"], mark, classes)
    return Picture(title, draw_png(cover.cells, drawing, language, known))
