"""Exact figures: whole shares, bands and checks of printed numbers, without rounding on the way."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, isfinite
from typing import Literal

Number = int | float | str | Decimal | Fraction
Verdict = Literal["exact", "truncated", "last_digit", "wrong"]


@dataclass(frozen=True)
class Interval:
    """Closed interval of exact numbers; a single number has equal ends.

    Examples
    --------
    >>> asked = Interval(Fraction(13), Fraction(19))
    >>> asked - Interval.of(8)
    Interval(low=Fraction(5, 1), high=Fraction(11, 1))
    """

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, low: Number, high: Number | None = None) -> "Interval":
        """Interval from one number, or from two in order."""
        first = whole_number(low)
        return cls(first, first if high is None else whole_number(high))

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int | Fraction) and self.low <= number <= self.high

    def above(self, number: Number = 0) -> "Interval":
        """Lift everything below a number to it."""
        least = whole_number(number)
        return Interval(max(self.low, least), max(self.high, least))


def whole_number(value: Number) -> Fraction:
    """Exact number of what was written: 0.1 is one tenth, not its nearest binary fraction.

    Examples
    --------
    >>> whole_number(0.1), whole_number("1,499.97")
    (Fraction(1, 10), Fraction(149997, 100))
    """
    if isinstance(value, Fraction):
        return value
    return Fraction(Decimal(str(value).replace(",", "").strip()))


def known_number(value: object) -> Fraction | None:
    """Exact number, or None where there is none: empty, NaN or infinite.

    Examples
    --------
    >>> known_number(float("nan")) is None, known_number(2.5)
    (True, Fraction(5, 2))
    """
    if value is None or not isinstance(value, int | float | Fraction | Decimal):
        return None
    return whole_number(value) if isfinite(value) else None


def band(count: Number, low: Number, high: Number) -> Interval:
    """How many are asked for where one serves from ``low`` to ``high`` of them.

    Notes
    -----
    [⌈n ÷ high⌉, ⌈n ÷ low⌉] (MEASURES.md 6).

    Examples
    --------
    >>> band(38, 2, 3)
    Interval(low=Fraction(13, 1), high=Fraction(19, 1))
    """
    number = whole_number(count)
    return Interval.of(ceil(number / whole_number(high)), ceil(number / whole_number(low)))


def share(part: Number, whole: Number) -> Fraction | None:
    """Part of a whole; None where the whole is nothing.

    Examples
    --------
    >>> share(10, 38), share(1, 0) is None
    (Fraction(5, 19), True)
    """
    base = whole_number(whole)
    return whole_number(part) / base if base else None


def change(before: Number, after: Number) -> Fraction | None:
    """Change as a share of what was before.

    Examples
    --------
    >>> rounded(100 * change(97, 56), 1)
    Decimal('-42.3')
    """
    first = whole_number(before)
    return share(whole_number(after) - first, first)


def rounded(value: Fraction, digits: int) -> Decimal:
    """Round a number half away from zero, as people round.

    Examples
    --------
    >>> rounded(Fraction(1, 8), 2), rounded(Fraction(-1, 8), 2)
    (Decimal('0.13'), Decimal('-0.13'))
    """
    scaled = abs(value) * 10**digits
    return _signed(floor(scaled + Fraction(1, 2)), value, digits)


def truncated(value: Fraction, digits: int) -> Decimal:
    """Cut off the further digits of a number.

    Examples
    --------
    >>> truncated(Fraction(2660, 27), 0)
    Decimal('98')
    """
    return _signed(floor(abs(value) * 10**digits), value, digits)


def check_printed(printed: Number, value: Fraction) -> Verdict:
    """Whether a printed figure is what it should be, to the digits that were printed.

    Returns
    -------
    {"exact", "truncated", "last_digit", "wrong"}
        ``truncated``: digits were cut off instead of rounded; ``last_digit``: the last digit is
        off by one, and not by cutting off.

    Examples
    --------
    >>> check_printed("98", Fraction(2660, 27)), check_printed("99", Fraction(2660, 27))
    ('truncated', 'exact')
    >>> check_printed("75.64", 100 * share(235893, 311804))
    'last_digit'
    >>> check_printed("20", 100 * share(10, 38))
    'wrong'
    """
    told = whole_number(printed)
    digits = _digits(printed)
    if told == whole_number(rounded(value, digits)):
        return "exact"
    if told == whole_number(truncated(value, digits)):
        return "truncated"
    off_by = abs(told - whole_number(rounded(value, digits)))
    return "last_digit" if off_by == Fraction(1, 10**digits) else "wrong"


def _digits(printed: Number) -> int:
    exponent = Decimal(str(printed).replace(",", "").strip()).as_tuple().exponent
    return max(0, -int(exponent))


def _signed(units: int, value: Fraction, digits: int) -> Decimal:
    return Decimal(-units if value < 0 else units).scaleb(-digits)
