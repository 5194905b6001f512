"""What the address of the siting assistant asks for, read carefully."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gridmap.plan.siting.problem import BACKUP, LSCP, MCLP, OBJECTIVES
from gridmap.studies.siting_ground import SitingQuestion

MOST_COUNT = 100
"""New sites that a page plans at most; more by the command."""
LONGEST_NORM_M = 50_000.0
LIST = "list"
"""Source of candidates: a list of one's own."""
SOURCES = ("blocks", "landuse", "streets", "cells", "sites", LIST)
FIELDS = (
    "type", "objective", "norm", "count", "budget", "capacity", "close", "apart", "backup",
    "source", "kind", "list", "look",
)  # fmt: skip
"""Arguments of the address that the answer depends on."""
LEAST_FRONTIER, MOST_FRONTIER = 10, 30
"""Numbers of sites that the curve shows: twice those asked for, within these."""


class Fault(NamedTuple):
    """Why a question cannot be asked: a code, the field it is about, and what was found there."""

    code: str
    field: str
    found: str = ""


@dataclass(frozen=True)
class Asked:
    """What the address asks for.

    Attributes
    ----------
    type, objective : str
        Facility type, and what is to be best.
    norm_m : float
        Longest walk that counts as served [m].
    count : int or None
        New sites at most.
    budget, capacity : float or None
        Cost of new sites at most; people each can serve.
    close : int
        Existing sites that may be replaced.
    apart_m : float
        Distance between sites [m].
    backup, source, kind : str
        Backup coverage; where candidates come from, and of which kind.
    listed : int
        Number of the list of candidates; 0 for none.
    look : bool
        Only look at candidates and who is beyond them.
    """

    type: str = ""
    objective: str = MCLP
    norm_m: float = 0.0
    count: int | None = None
    budget: float | None = None
    capacity: float | None = None
    close: int = 0
    apart_m: float = 0.0
    backup: str = ""
    source: str = "blocks"
    kind: str = ""
    listed: int = 0
    look: bool = False

    def question(self, on: date, time_limit_s: float) -> SitingQuestion:
        """Put it to the engine, for a day and so many seconds [s]."""
        wanted = self.count or 0
        unlimited = self.count is None and self.budget is None and self.objective != LSCP
        return SitingQuestion(
            type=self.type,
            objective=self.objective,
            norm_m=self.norm_m,
            # To look, any number will do.
            count=1 if self.look and unlimited else self.count,
            budget=self.budget,
            source="blocks" if self.source == LIST else self.source,
            kinds=(self.kind,) if self.kind and self.source in {"landuse", "sites"} else (),
            capacity=self.capacity,
            close=self.close,
            apart_m=self.apart_m,
            backup=self.backup,
            time_limit_s=time_limit_s,
            on=on,
            frontier=min(max(2 * wanted, LEAST_FRONTIER), MOST_FRONTIER),
        )


def read_asked(
    told: Mapping[str, str], norms: Mapping[str, float], otherwise: str = ""
) -> tuple[Asked, list[Fault]]:
    """Read what an address asks for, and everything that is wrong with it.

    Parameters
    ----------
    told : mapping of str to str
        Arguments of the address.
    norms : mapping of str to float
        Norm [m] of every facility type; it holds where the address names none.
    otherwise : str
        Type where the address names none.

    Returns
    -------
    asked : Asked
        What could be read; the rest is as where nothing is asked.
    faults : list of Fault
        What is wrong, in the order of the form.

    Examples
    --------
    >>> asked, faults = read_asked({"objective": "mclp", "count": "0"}, {"pharmacy": 500.0},
    ...                            "pharmacy")
    >>> asked.norm_m, [one.code for one in faults]
    (500.0, ['count_zero'])
    >>> read_asked({"objective": "lscp", "norm": "-5"}, {"pharmacy": 500.0}, "pharmacy")[1]
    [Fault(code='norm', field='norm', found='-5')]
    """
    faults: list[Fault] = []
    read = _Reader(told, faults)
    kind = read.choice("type", otherwise, norms)
    known = norms.get(kind)
    given = read.number("norm", LONGEST_NORM_M, above=True)
    norm_m = given if given is not None else known
    if norm_m is None and not read.wrong("norm"):
        faults.append(Fault("norm_missing", "norm"))
    asked = Asked(
        type=kind,
        objective=read.choice("objective", MCLP, OBJECTIVES),
        norm_m=norm_m or 0.0,
        count=read.whole("count", MOST_COUNT),
        budget=read.number("budget", 1e12),
        capacity=read.number("capacity", 1e7, above=True),
        close=read.whole("close", MOST_COUNT) or 0,
        apart_m=read.number("apart", LONGEST_NORM_M) or 0.0,
        backup=read.choice("backup", "", BACKUP),
        source=read.choice("source", "blocks", SOURCES),
        kind=told.get("kind", "")[:80],
        listed=read.whole("list", 10**9) or 0,
        look=told.get("look") == "1",
    )
    faults += _contradictions(asked, read)
    return asked, faults


def _contradictions(asked: Asked, read: "_Reader") -> list[Fault]:
    found = []
    limited = asked.count is not None or asked.budget is not None
    needed = asked.objective != LSCP and not asked.look
    if needed and not limited and not read.wrong("count") and not read.wrong("budget"):
        found.append(Fault("count_missing", "count"))
    if asked.count == 0 and not asked.close and not asked.look:
        found.append(Fault("count_zero", "count", "0"))
    if asked.backup and asked.objective not in {LSCP, MCLP}:
        found.append(Fault("backup_objective", "backup"))
    elif asked.backup and asked.capacity is not None:
        found.append(Fault("backup_capacity", "backup"))
    if asked.source == LIST and not asked.listed:
        found.append(Fault("list_missing", "source"))
    return found


class _Reader:
    """Reads arguments and collects what is wrong with them."""

    def __init__(self, told: Mapping[str, str], faults: list[Fault]) -> None:
        self.told = told
        self.faults = faults

    def wrong(self, name: str) -> bool:
        return any(one.field == name for one in self.faults)

    def choice(self, name: str, plain: str, known: Collection[str]) -> str:
        text = self.told.get(name) or plain
        if text and text not in known:
            self.faults.append(Fault("choice", name, text[:40]))
            return plain
        if not text and name == "type":
            self.faults.append(Fault("type_missing", name))
        return text

    def number(self, name: str, most: float, *, above: bool = False) -> float | None:
        text = self.told.get(name, "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (0 < value <= most if above else 0 <= value <= most):
            self.faults.append(Fault(name, name, text[:20]))
            return None
        return value

    def whole(self, name: str, most: int) -> int | None:
        value = self.number(name, most)
        if value is not None and value != int(value):
            self.faults.append(Fault(name, name, self.told[name][:20]))
            return None
        return None if value is None else int(value)
