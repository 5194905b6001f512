"""Common kinds of cameras as data: what a model stands for, and what may be assumed of none."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.reference import read_reference

SCENARIOS = ("low", "base", "high")
"""What may be assumed of cameras without optics or range, from little to much."""
OPTICS = ("focal_mm", "sensor_width_mm", "pixels_wide")
"""Columns that are optics together."""
_NUMBERS = (*OPTICS, "sensor_height_mm")


@cache
def camera_models() -> pd.DataFrame:
    """List common kinds of cameras, by lens, sensor and pixels; no brands.

    Returns
    -------
    DataFrame
        On model: label_zh_Hans, label_zh_Hant, label_en, kind, focal_mm, sensor_width_mm,
        sensor_height_mm [mm], pixels_wide [px], source, confidence.

    Examples
    --------
    >>> camera_models().loc["4mp_2.8_1/2.7", ["focal_mm", "pixels_wide"]].tolist()
    [2.8, 2688.0]
    """
    table = read_reference("camera_models.csv")
    table[list(_NUMBERS)] = table[list(_NUMBERS)].astype(float)
    return table.set_index("model")


def fill_optics(cameras: Any, scenario: str | None = None) -> Any:
    """Fill in optics from the column ``model``, and from a scenario where nothing is known.

    Parameters
    ----------
    cameras : GeoDataFrame
        Layer ``cameras``; the column ``model`` may be absent.
    scenario : {"low", "base", "high"}, optional
        What cameras are taken to be that have neither optics, nor model, nor range. Default: they
        are left without, and do not count.

    Returns
    -------
    GeoDataFrame
        With sensor_height_mm, and ``assumed_optics`` where the scenario was used. What is stated
        goes before what the model says.

    Raises
    ------
    InputError
        If a model or scenario is not known.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> bare = toy_district()["cameras"].assign(range_m=np.nan)
    >>> fill_optics(bare, "base")[["pixels_wide", "assumed_optics"]].values.tolist()
    [[2688.0, True], [2688.0, True]]
    """
    filled = cameras.copy()
    model = _models_of(cameras)
    known = camera_models().reindex(model.to_numpy())
    for name in _NUMBERS:
        stated = cameras[name] if name in cameras else pd.Series(np.nan, index=cameras.index)
        filled[name] = pd.to_numeric(stated).fillna(
            pd.Series(known[name].to_numpy(), cameras.index)
        )
    optics = (filled[list(OPTICS)] > 0).all(axis=1)
    filled["assumed_optics"] = False
    if scenario is not None:
        bare = ~optics & ~(cameras["range_m"] > 0)
        filled.loc[bare, list(_NUMBERS)] = _scenario(scenario)[list(_NUMBERS)].to_numpy()
        filled["assumed_optics"] = bare
    return filled


def _models_of(cameras: Any) -> pd.Series:
    if "model" not in cameras:
        return pd.Series(None, index=cameras.index, dtype="object")
    model = cameras["model"].astype("object")
    wrong = model.notna() & ~model.isin(camera_models().index)
    if wrong.any():
        raise InputError(
            f"Expected models of geodata/reference/camera_models.csv; found "
            f"{name_ids(model[wrong].unique())} at {name_ids(cameras['camera_id'][wrong])}. "
            "Use a model of the table, add it there, or leave it empty and state the optics."
        )
    return model


def _scenario(name: str) -> pd.Series:
    if name not in SCENARIOS:
        raise InputError(
            f"Expected a scenario among {', '.join(SCENARIOS)}; found '{name}'. Use one of these."
        )
    return camera_models().T[f"unknown_{name}"]
