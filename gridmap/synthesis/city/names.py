"""Chinese names of places that do not exist, put together from characters; never of persons."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.object_]

_FIRST = (
    "云清安永和平新长兴文明东南西北中青白金玉龙凤松竹梅兰石泉溪河"
    "湖江海山林花桃柳枫桂朝景瑞福康泰宁顺仁义德信学创科智丰"
)
_SECOND = (
    "安和平兴庆阳华光明辉远达通济善德昌盛宁泰康乐丰登云霞泽源泉湾溪塘桥塔亭台苑园林岗岭坡洲滨港浦渡"
)


def place_names(count: int, rng: np.random.Generator, suffix: Sequence[str] = ("",)) -> Words:
    """Different names of two characters and a suffix; numbered once all pairs are used.

    Examples
    --------
    >>> names = place_names(3, np.random.default_rng(0), ["路"])
    >>> len(set(names)), {len(one) for one in names}
    (3, {3})
    """
    pairs = np.array([a + b for a, b in product(_FIRST, _SECOND) if a != b], dtype=object)
    order = rng.permutation(len(pairs))
    number = np.arange(count)
    base = pairs[order[number % len(pairs)]]
    turn = number // len(pairs)
    endings = np.array(suffix, dtype=object)[number % len(suffix)]
    counted = np.where(turn > 0, np.array([_ordinal(int(n)) for n in turn], dtype=object), "")
    return np.asarray(base + counted + endings, dtype=object)


def _ordinal(number: int) -> str:
    """Which of several places of a name this is: 二, 三, … then digits."""
    return "" if number == 0 else "二三四五六七八九十"[number - 1] if number < 10 else str(number)
