"""How a rule names facts and bounds: ``office_m2+service_m2``, ``of=communities; low=2``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gridmap.standards.figures import whole_number

_FACT = r"[^\W\d][\w-]*(?:\.[\w@.-]+)?"
_SUM = re.compile(rf"{_FACT}(?:\s*\+\s*{_FACT})*")
_CONDITION = re.compile(rf"({_FACT}(?:\s*\+\s*{_FACT})*)\s*(>=|<=|<|>)\s*([\d.,]+)")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True)
class Condition:
    """A sum of facts against a bound, such as ``office_m2>=100``."""

    facts: tuple[str, ...]
    sign: str
    bound: Fraction

    def holds(self, value: Fraction) -> bool:
        """Whether a value keeps the bound."""
        return {
            ">=": value >= self.bound,
            "<=": value <= self.bound,
            ">": value > self.bound,
            "<": value < self.bound,
        }[self.sign]


@dataclass(frozen=True)
class Parameters:
    """Parameters of a rule: named ones as written, and bare conditions in their order."""

    named: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def number(self, name: str) -> Fraction | None:
        """Named number, or None where it is not given."""
        return whole_number(self.named[name]) if name in self.named else None


def is_number(text: str) -> bool:
    """Whether a text is a plain number of 0 or more.

    Examples
    --------
    >>> is_number("1,200.5"), is_number("-3"), is_number("1e3"), is_number("nan")
    (True, False, False, False)
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def fact_names(expression: str) -> tuple[str, ...]:
    """Facts that are added up; empty where the text is no sum of facts.

    Examples
    --------
    >>> fact_names("office_m2 + service_m2"), fact_names("2 rooms")
    (('office_m2', 'service_m2'), ())
    """
    if not _SUM.fullmatch(expression.strip()):
        return ()
    return tuple(one.strip() for one in expression.split("+"))


def condition(text: str) -> Condition | None:
    """Condition of a text, or None where it is none.

    Examples
    --------
    >>> condition("office_m2 >= 100").bound
    Fraction(100, 1)
    >>> condition("office_m2=100") is None
    True
    """
    found = _CONDITION.fullmatch(text.strip())
    if not found or not is_number(found[3]):
        return None
    return Condition(fact_names(found[1]), found[2], whole_number(found[3]))


def parse_parameters(text: str) -> tuple[Parameters, list[str]]:
    """Parameters of a rule, and the pieces that cannot be read or come twice.

    Examples
    --------
    >>> parse_parameters("of=communities; low=2; high=3")[0].named
    {'of': 'communities', 'low': '2', 'high': '3'}
    >>> parse_parameters("low=2; low=3; ???")[1]
    ["'low' is given twice", "'???' is neither NAME=VALUE nor a condition such as office_m2>=100"]
    """
    named: dict[str, str] = {}
    conditions: list[Condition] = []
    faults: list[str] = []
    for piece in _pieces(text):
        name, equals, value = piece.partition("=")
        if bare := condition(piece):
            conditions.append(bare)
        elif equals and re.fullmatch(r"[a-z_]+", name.strip()) and value.strip():
            if name.strip() in named:
                faults.append(f"'{name.strip()}' is given twice")
            named[name.strip()] = value.strip()
        else:
            faults.append(f"'{piece}' is neither NAME=VALUE nor a condition such as office_m2>=100")
    return Parameters(named, tuple(conditions)), faults


def _pieces(text: str) -> Iterator[str]:
    return (piece.strip() for piece in text.split(";") if piece.strip())
