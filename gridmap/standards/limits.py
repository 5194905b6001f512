"""What each kind of rule must and may say, and which of its bounds are impossible."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gridmap.standards.grammar import Parameters, condition, fact_names, is_number

LEVELS = ("cell", "community", "street", "district")
PERIODS = ("day", "week", "month", "quarter", "half_year", "year")
_ANY = ("where",)
_SHARES = ("share",)
_PERCENTS = ("below_percent", "above_percent")
_FACTS = ("of", "per", "total", "part", "whole")
_NUMBERS = (
    *("at_least", "at_most", "each_of", "low", "high", "times", "periods", "hours"),
    *("working_hours", "urgent_hours", "minimum_minutes", "norm_m", "below", "digits"),
    *("tolerance",),
)
_ABOVE_ZERO = ("each_of", "low", "high", "times", "periods", "hours", "working_hours", "norm_m")
_DAYS = ("from", "to")
_WORDS = {"each": PERIODS, "half_day": ("yes",)}
_SIZES: Mapping[str, tuple[str, str]] = {
    "ratio": ("low", "high"),
    "threshold": ("at_least", "at_most"),
}


@dataclass(frozen=True)
class Kind:
    """What a kind of rule is made of.

    Attributes
    ----------
    facts : tuple of int
        Least and most facts in the column ``fact``.
    needs, may : tuple of str
        Named parameters; of those joined by ``|`` one is enough.
    conditions : int
        Least number of bare conditions; -1 allows none at all.
    scopes : tuple of str
        What it can judge.
    """

    facts: tuple[int, int]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    conditions: int = -1
    scopes: tuple[str, ...] = LEVELS


KINDS: Mapping[str, Kind] = {
    "threshold": Kind((1, 1), ("at_least|at_most",), ("at_least", "at_most", "per", "each_of")),
    "all_of": Kind((0, 0), conditions=2),
    "ratio": Kind((1, 1), ("of", "low", "high")),
    "tier": Kind((0, 0), ("district|street|community",), LEVELS[1:], scopes=("tiers",)),
    "checklist": Kind((2, 60), may=("at_least",)),
    "cadence": Kind((1, 1), ("times", "from|periods"), ("each", "from", "to", "periods", "of")),
    "deadline": Kind(
        (0, 0),
        ("half_day|hours|working_hours",),
        ("half_day", "hours", "working_hours", "urgent_hours", "minimum_minutes", "share"),
    ),
    "within": Kind((1, 1), ("norm_m",), ("share",)),
    "reserve": Kind((1, 1), ("of", "below", "below_percent", "above_percent")),
    "sum": Kind((2, 60), ("total",), ("tolerance",)),
    "percent": Kind((1, 1), ("part", "whole"), ("digits",)),
}
"""Kinds of rules (MEASURES.md 6)."""


def bound_faults(
    kind: str, scope: str, facts: int, parameters: Parameters
) -> Iterator[tuple[str, str]]:
    """Column and text of everything that is missing, superfluous or impossible in a rule."""
    spec = KINDS[kind]
    if not spec.facts[0] <= facts <= spec.facts[1]:
        yield "fact", f"a rule of kind {kind} names {_count(spec.facts)}, found {facts}"
    if scope and scope in (*LEVELS, "tiers") and scope not in spec.scopes:
        yield "scope", f"a rule of kind {kind} judges {', '.join(spec.scopes)}; found '{scope}'"
    for text in (
        *_missing(kind, spec, parameters),
        *_value_faults(kind, parameters),
        *_order_faults(kind, parameters),
    ):
        yield "parameters", text


def _missing(kind: str, spec: Kind, parameters: Parameters) -> Iterator[str]:
    for one in spec.needs:
        if not any(name in parameters.named for name in one.split("|")):
            yield f"a rule of kind {kind} needs {one.replace('|', ' or ')}"
    known = {name for one in spec.needs for name in one.split("|")} | {*spec.may, *_ANY}
    if strange := sorted(set(parameters.named) - known):
        yield f"{', '.join(strange)} is unknown here; a {kind} takes {', '.join(sorted(known))}"
    found = len(parameters.conditions)
    if found < spec.conditions:
        yield f"a rule of kind {kind} needs {spec.conditions} or more conditions, found {found}"
    if found and spec.conditions < 0:
        yield f"a rule of kind {kind} takes no bare conditions; write where=… for whom it holds"


def _value_faults(kind: str, parameters: Parameters) -> Iterator[str]:
    for name, text in parameters.named.items():
        if name in (*_NUMBERS, *_SHARES, *_PERCENTS) and not is_number(text):
            yield f"{name} expects a number of 0 or more, found {text!r}"
        elif name in _ABOVE_ZERO and parameters.number(name) == 0:
            yield f"{name} expects a number above 0, found {text!r}"
        elif name in _SHARES and not 0 < (parameters.number(name) or 0) <= 1:
            yield f"{name} expects a share above 0 and up to 1, found {text!r}"
        elif name in _PERCENTS and not (parameters.number(name) or 0) <= 100:
            yield f"{name} expects 0 to 100 per cent, found {text!r}"
        elif name in _FACTS and not fact_names(text):
            yield f"{name} expects a fact or a sum of facts, found {text!r}"
        elif name in _DAYS and not _is_day(text):
            yield f"{name} expects a day such as 2026-01-01, found {text!r}"
        elif name in _WORDS and text not in _WORDS[name]:
            yield f"{name} expects {', '.join(_WORDS[name])}; found {text!r}"
        elif (name == "where" or (kind == "tier" and name in LEVELS)) and not condition(text):
            yield f"{name} expects a condition such as households>=1, found {text!r}"


def _order_faults(kind: str, parameters: Parameters) -> Iterator[str]:
    named = parameters.named
    if kind in _SIZES and all(is_number(named.get(one, "")) for one in _SIZES[kind]):
        low, high = _SIZES[kind]
        if (parameters.number(low) or 0) > (parameters.number(high) or 0):
            yield f"{low} ({named[low]}) is above {high} ({named[high]})"
    if ("per" in named) != ("each_of" in named) and kind == "threshold":
        yield "per and each_of belong together, such as per=households; each_of=100"
    if kind == "cadence":
        yield from _period_faults(named)
    least = named.get("minimum_minutes", "0")
    if is_number(least) and (parameters.number("minimum_minutes") or 0) > 720:
        yield f"minimum_minutes ({least}) is longer than half a day"


def _period_faults(named: Mapping[str, str]) -> Iterator[str]:
    if "from" in named and not {"to", "each"} <= set(named):
        yield "from needs to and each, such as from=2026-01-01; to=2026-06-30; each=month"
    if "from" in named and "periods" in named:
        yield "give from and to, or periods, not both"
    if _is_day(named.get("from", "")) and _is_day(named.get("to", "")):
        first, last = date.fromisoformat(named["from"]), date.fromisoformat(named["to"])
        if first > last:
            yield f"from ({first}) is after to ({last})"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _count(bounds: tuple[int, int]) -> str:
    low, high = bounds
    if high == 0:
        return "no fact in this column"
    return "one fact" if low == high == 1 else f"{low} or more facts joined by |"
