"""Reasons of verdicts: one sentence for each window, written once for equal figures."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.intervals import Floats

UNKNOWN = 1
"""Number of the status ``unknown`` among met, unknown, partly, missed."""
_MET = 0
_WORTH_SAYING_S = 60.0
"""Unknown time [s] from which a reason speaks of it."""
_PHRASES = (
    "{:.1f} of {:g} min present",
    "{:.0f} of {:g} visits",
    "longest absence {:.0f} min, at most {:g}",
)


def why(kind: npt.NDArray[np.intp], known: Floats, wanted: Floats, unknown_s: Floats) -> Any:
    """Say what of each demand there was, and what unknown time could have changed.

    Parameters
    ----------
    kind : ndarray of int, shape (n,)
        0 met, 1 unknown, 2 partly, 3 missed.
    known : ndarray, shape (n, 3)
        Presence [s], visits, longest pause [s].
    wanted : ndarray, shape (n, 3)
        Minutes, visits, longest absence [min]; nan where nothing is asked.
    unknown_s : ndarray, shape (n,)
        Unknown duty time in the window [s].

    Returns
    -------
    array of str, shape (n,)

    Notes
    -----
    Most windows of a district share their figures, so sentences are put together from the
    distinct values of each phrase, not row by row.

    Examples
    --------
    >>> had, asked = np.array([[90.0, 1, 300]]), np.array([[5.0, np.nan, np.nan]])
    >>> why(np.array([2]), had, asked, np.array([600.0])).tolist()
    ['1.5 of 5 min present; 10 min of duty unknown could not cover the rest']
    """
    made = known / [60.0, 1.0, 60.0]
    codes, texts = _phrase(made[:, 0], wanted[:, 0], _PHRASES[0])
    for n in (1, 2):
        codes, texts = _joined(codes, texts, *_phrase(made[:, n], wanted[:, n], _PHRASES[n]))
    codes, texts = _joined(codes, texts, *_rest(kind, unknown_s))
    # Taken from an array of text: text made from 277,704 objects would cost as much as all before.
    return pd.array(texts, dtype="str").take(codes)


def _phrase(
    have: Floats, want: Floats, phrase: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    asked, demands = pd.factorize(want, use_na_sentinel=False)
    made, values = pd.factorize(have)
    pair, pairs = pd.factorize(asked.astype(np.int64) * len(values) + made)
    told = [
        "" if np.isnan(wish) else phrase.format(value, wish)
        for wish, value in zip(
            demands[pairs // max(len(values), 1)].tolist(),
            values[pairs % max(len(values), 1)].tolist(),
            strict=True,
        )
    ]
    return _distinct(pair, told)


def _rest(
    kind: npt.NDArray[np.intp], unknown_s: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    moment, seconds = pd.factorize(unknown_s)
    could = np.where(kind == _MET, 0, np.where(kind == UNKNOWN, 1, 2))
    pair, pairs = pd.factorize(moment.astype(np.int64) * 3 + could)
    words = ("", "could", "could not")
    told = [
        f"{s / 60:.0f} min of duty unknown {words[n]} cover the rest"
        if n and s >= _WORTH_SAYING_S
        else ""
        for s, n in zip(seconds[pairs // 3].tolist(), (pairs % 3).tolist(), strict=True)
    ]
    return _distinct(pair, told)


def _joined(
    left: npt.NDArray[np.int64],
    before: npt.NDArray[np.object_],
    right: npt.NDArray[np.int64],
    after: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    pair, pairs = pd.factorize(left * max(len(after), 1) + right)
    count = max(len(after), 1)
    first, second = before[pairs // count].tolist(), after[pairs % count].tolist()
    told = [f"{a}; {b}" if a and b else a or b for a, b in zip(first, second, strict=True)]
    return pair.astype(np.int64), np.array(told, dtype=object)


def _distinct(
    code: npt.NDArray[np.intp], told: list[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Fewer codes: figures that read alike are one."""
    number, texts = pd.factorize(np.array(told, dtype=object))
    return number.astype(np.int64)[code], np.asarray(texts, dtype=object)
