"""Regimes: what the zone of a cell asks for, and what a missed window weighs there."""

from collections.abc import Mapping

import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.reference import read_reference

_NUMBERS = ("visits", "minutes", "max_freshness_min")
_COLUMNS = ("window", "calendar", "days", "weekdays", "start", "end", *_NUMBERS)


def regimes() -> pd.DataFrame:
    """Read the regimes of ``geodata/reference/patrol_regimes.csv``: one row for each window.

    Returns
    -------
    DataFrame
        regime, zone (inner, outer), focus (focus_time, focus_street, full), window, calendar,
        days, weekdays, start, end, visits, minutes, max_freshness_min, labels, source, confidence.

    Examples
    --------
    >>> regimes().groupby("regime").size().to_dict()["inner_full"]
    3
    """
    table = read_reference("patrol_regimes.csv")
    for name in _NUMBERS:
        table[name] = pd.to_numeric(table[name]).astype("float64")
    return table.where(table != "")


def place_class_weights() -> Mapping[str, float]:
    """Weight of a missed window by class of place.

    Examples
    --------
    >>> place_class_weights()["school"]
    3.0
    """
    table = read_reference("patrol_weights.csv")
    return dict(zip(table["place_class"], table["weight"].astype(float), strict=True))


def requirements_of_zones(zones: pd.DataFrame, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Write down the requirements that follow from the regime of each cell.

    Parameters
    ----------
    zones : DataFrame
        Layer ``patrol_zones``: cell_id (or ``*``), regime.
    known : DataFrame, optional
        Regimes; default :func:`regimes`.

    Returns
    -------
    DataFrame
        Rows as in the layer ``requirements``, with ``calendar`` and ``days``; windows are named
        ``regime.window``.

    Raises
    ------
    InputError
        If a zone names a regime that is not known.

    Examples
    --------
    >>> zones = pd.DataFrame({"cell_id": ["a"], "regime": ["outer_full"]})
    >>> requirements_of_zones(zones)[["cell_id", "window", "visits", "start"]].values.tolist()
    [['a', 'outer_full.day', 3.0, '00:00']]
    """
    table = regimes() if known is None else known
    asked = zones.loc[zones["regime"].notna(), ["cell_id", "regime"]]
    stray = sorted(set(asked["regime"]) - set(table["regime"]))
    if stray:
        raise InputError(
            f"Unknown regime of patrol {name_ids(stray)} in the layer 'patrol_zones'; known are "
            f"{', '.join(sorted(set(table['regime'])))}. Use one of these, or write requirements."
        )
    rows = asked.merge(table[["regime", *_COLUMNS]], on="regime")
    rows["window"] = rows["regime"].astype("str") + "." + rows["window"].astype("str")
    return rows.drop(columns="regime").assign(weight=float("nan"))


def cell_weights(zones: pd.DataFrame, cell_ids: pd.Series) -> dict[str, float]:
    """Weight of each cell by its class of place; a cell in several classes takes the greatest.

    Raises
    ------
    InputError
        If a class is not known.

    Examples
    --------
    >>> zones = pd.DataFrame({"cell_id": ["a", "a", "*"], "regime": None})
    >>> zones = zones.assign(place_class=["school", "market", "residential"])
    >>> cell_weights(zones, pd.Series(["a", "b"]))
    {'a': 3.0, 'b': 1.0}
    """
    known = place_class_weights()
    told = zones[zones["place_class"].notna()]
    stray = sorted(set(told["place_class"]) - set(known))
    if stray:
        raise InputError(
            f"Unknown class of place {name_ids(stray)} in the layer 'patrol_zones'; known are "
            f"{', '.join(known)}. Use one of these, or leave it empty."
        )
    most = told["place_class"].map(known).groupby(told["cell_id"]).max()
    usual = most.get("*")
    own = {str(cell): float(weight) for cell, weight in most.items() if cell != "*"}
    rest = {} if usual is None else dict.fromkeys(map(str, cell_ids), float(usual))
    return rest | own


def asked_of(district: District) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Gather what a district asks of its patrols.

    Returns
    -------
    requirements, key_periods : DataFrame
        Own requirements and those of regimes; calendar rules by window.
    cell_weight : dict of str to float
        From the classes of place.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> asked, periods, weights = asked_of(toy_district())
    >>> len(asked), len(periods), weights
    (2, 0, {})
    """
    zones, own = district["patrol_zones"], district["requirements"]
    rows = [one for one in (own, requirements_of_zones(zones)) if len(one)]
    asked = pd.concat(rows, ignore_index=True) if len(rows) > 1 else (rows or [own])[0]
    weights = cell_weights(zones, district["cells"]["cell_id"])
    return asked, district["key_periods"], weights
