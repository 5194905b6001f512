"""Each kind of rule, evaluated exactly for one unit: value, required, shortfall, status."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from gridmap.standards.figures import Interval, band, check_printed, rounded
from gridmap.standards.grammar import Condition, condition
from gridmap.standards.rules import Rule

Ask = Callable[[str], Fraction | None]
"""Fact of the unit at hand by name; None where it is not known."""
TOO_MANY = "more than allowed"
PARTS_DIFFER = "the parts do not add up to the total"
CUT_OFF = "the printed share is cut off, not rounded"
LAST_DIGIT = "the last digit of the printed share is off by one"
NOT_THE_SHARE = "the printed share is not part over whole"
NOBODY = "nothing to divide by"


class _Unknown(Exception):  # noqa: N818  no fault: it carries the fact that nobody knows
    def __init__(self, fact: str) -> None:
        self.fact = fact
        super().__init__(fact)


@dataclass(frozen=True)
class Part:
    """One condition or item of a rule: the facts, what they are worth, what is asked."""

    name: str
    value: Fraction | None
    sign: str
    required: Fraction
    met: bool


@dataclass(frozen=True)
class Judgement:
    """What one unit is worth by one rule.

    Attributes
    ----------
    value, required, shortfall : Interval or None
        Intervals stay intervals; None is unknown.
    status : str
        ``met``, ``partly``, ``missed``, ``unknown`` or ``not_due``.
    reason : str
        Why, where figures do not say it.
    parts : tuple of Part
        Conditions or items, where the rule has several.
    """

    value: Interval | None = None
    required: Interval | None = None
    shortfall: Interval | None = None
    status: str = "unknown"
    reason: str = ""
    parts: tuple[Part, ...] = ()


def judge_unit(rule: Rule, level: str, ask: Ask) -> Judgement:
    """Judge one unit by one rule.

    Parameters
    ----------
    rule : Rule
        The rule.
    level : str
        Level of the unit; tier rules ask each level for something else.
    ask : callable
        Facts of the unit.

    Returns
    -------
    Judgement
        Unknown, with the facts that are missing, where one of them is; not due where the
        condition ``where`` does not hold.

    Notes
    -----
    Met where the value reaches the low end of what is required, missed where there is nothing,
    partly in between. The shortfall is the interval [low − value, high − value], at least 0.

    Examples
    --------
    >>> from gridmap.standards.rules import rules_of_rows
    >>> rule = rules_of_rows([{"id": "stations", "kind": "ratio", "scope": "district",
    ...     "fact": "stations", "parameters": "of=communities; low=2; high=3",
    ...     "text_en": "one per 2 to 3", "source": "a survey"}])[0]
    >>> found = judge_unit(rule, "district", {"stations": 8, "communities": 38}.get)
    >>> found.status, found.shortfall
    ('partly', Interval(low=Fraction(5, 1), high=Fraction(11, 1)))
    """
    try:
        if not _is_asked(rule, ask):
            return Judgement(status="not_due")
        return _JUDGES[rule.kind](rule, level, ask)
    except _Unknown as missing:
        return Judgement(reason=f"not known: {missing.fact}")


def named_facts(rule: Rule) -> tuple[str, ...]:
    """Every fact a rule names, each once.

    Examples
    --------
    >>> from gridmap.standards.rules import shipped_rules
    >>> named_facts(next(one for one in shipped_rules() if one.kind == "all_of"))
    ('office_m2', 'service_m2')
    """
    named = rule.parameters.named
    facts = [name for one in rule.facts for name in one]
    if rule.kind == "within":
        facts = [walk_fact(rule), "walk.people"]
    if rule.kind == "deadline":
        facts = [f"cases.{rule.id}", f"in_time.{rule.id}"]
    facts += [name for one in rule.parameters.conditions for name in one.facts]
    for key in ("of", "per", "total", "part", "whole"):
        facts += [name.strip() for name in named.get(key, "").split("+") if name.strip()]
    for level in (*rule.levels, "where"):
        if level in named and (found := condition(named[level])):
            facts += found.facts
    return tuple(dict.fromkeys(facts))


def walk_fact(rule: Rule) -> str:
    """Name of the fact that a rule of kind ``within`` rests on: people near enough on foot."""
    site_type = rule.facts[0][0].removeprefix("sites.")
    return f"walk.{site_type}@{rule.parameters.named['norm_m']}"


def periods_between(first: date, last: date, each: str) -> int:
    """Whole and begun periods from a day to a day, both included.

    Examples
    --------
    >>> periods_between(date(2012, 1, 1), date(2012, 6, 30), "month")
    6
    >>> periods_between(date(2012, 1, 1), date(2012, 12, 31), "quarter")
    4
    """
    days = (last - first).days + 1
    if each in ("day", "week"):
        return -(-days // {"day": 1, "week": 7}[each])
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[each]
    begun = (last.year - first.year) * 12 + last.month - first.month + (last.day >= first.day)
    return -(-max(begun, 1) // months)


def _is_asked(rule: Rule, ask: Ask) -> bool:
    where = rule.parameters.named.get("where")
    found = condition(where) if where else None
    return found is None or found.holds(_total(found.facts, ask))


def _threshold(rule: Rule, _level: str, ask: Ask) -> Judgement:
    value = _total(rule.facts[0], ask)
    if "per" in rule.parameters.named:
        base = _total(_names(rule, "per"), ask)
        if base == 0:
            return Judgement(reason=NOBODY)
        value = value * (rule.parameters.number("each_of") or 1) / base
    least, most = rule.parameters.number("at_least"), rule.parameters.number("at_most")
    if most is not None and value > most:
        over = Interval.of(value - most)
        return Judgement(Interval.of(value), Interval.of(most), over, "missed", TOO_MANY)
    if least is None:
        return Judgement(Interval.of(value), Interval.of(most or 0), Interval.of(0), "met")
    return _against(Interval.of(value), Interval.of(least))


def _all_of(rule: Rule, _level: str, ask: Ask) -> Judgement:
    parts = tuple(_part_of(one, ask) for one in rule.parameters.conditions)
    if _add_up(rule.parameters.conditions):
        worth = [_credit(part) for part in parts]
        required = sum((part.required for part in parts), Fraction(0))
    else:
        worth = [Interval.of(int(part.met), int(part.met or part.value is None)) for part in parts]
        required = Fraction(len(parts))
    found = _against(sum(worth, Interval.of(0)), Interval.of(required), parts=parts)
    return replace(found, reason=_not_known(parts))


def _credit(part: Part) -> Interval:
    """Worth of a part, at most what it asks for; all of that is open where it is unknown."""
    if part.value is None:
        return Interval(Fraction(0), part.required)
    return Interval.of(min(part.value, part.required))


def _not_known(parts: Sequence[Part]) -> str:
    unknown = [part.name for part in parts if part.value is None]
    return f"not known: {', '.join(unknown)}" if unknown else ""


def _ratio(rule: Rule, _level: str, ask: Ask) -> Judgement:
    served = _total(_names(rule, "of"), ask)
    if served == 0:
        return Judgement(status="not_due")
    low, high = rule.parameters.number("low"), rule.parameters.number("high")
    return _against(Interval.of(_total(rule.facts[0], ask)), band(served, low or 1, high or 1))


def _tier(rule: Rule, level: str, ask: Ask) -> Judgement:
    asked = condition(rule.parameters.named[level])
    if asked is None:
        return Judgement(status="not_due")
    return _against(Interval.of(_total(asked.facts, ask)), Interval.of(asked.bound))


def _checklist(rule: Rule, _level: str, ask: Ask) -> Judgement:
    parts = tuple(_part_of(Condition(item, ">", Fraction(0)), ask) for item in rule.facts)
    least = rule.parameters.number("at_least") or Fraction(len(parts))
    there = sum(part.met for part in parts)
    possible = there + sum(part.value is None for part in parts)
    found = _against(Interval.of(there, possible), Interval.of(least), parts=parts)
    return replace(found, reason="" if found.status == "met" else _not_known(parts))


def _cadence(rule: Rule, _level: str, ask: Ask) -> Judgement:
    named = rule.parameters.named
    periods = rule.parameters.number("periods")
    if periods is None:
        first, last = (date.fromisoformat(named[one]) for one in ("from", "to"))
        periods = Fraction(periods_between(first, last, named["each"]))
    subjects = _total(_names(rule, "of"), ask) if "of" in named else Fraction(1)
    expected = (rule.parameters.number("times") or Fraction(1)) * periods * subjects
    if expected == 0:
        return Judgement(status="not_due")
    return _against(Interval.of(_total(rule.facts[0], ask)), Interval.of(expected))


def _deadline(rule: Rule, _level: str, ask: Ask) -> Judgement:
    cases = _total((f"cases.{rule.id}",), ask)
    if cases == 0:
        return Judgement(status="not_due")
    in_time = _total((f"in_time.{rule.id}",), ask)
    share = rule.parameters.number("share") or Fraction(1)
    return _against(Interval.of(in_time), Interval.of(share * cases))


def _within(rule: Rule, _level: str, ask: Ask) -> Judgement:
    near, people = _total((walk_fact(rule),), ask), _total(("walk.people",), ask)
    if people == 0:
        return Judgement(status="not_due")
    share = rule.parameters.number("share") or Fraction(1)
    return _against(Interval.of(near), Interval.of(share * people))


def _reserve(rule: Rule, _level: str, ask: Ask) -> Judgement:
    area = _total(_names(rule, "of"), ask)
    if area == 0:
        return Judgement(status="not_due")
    return _against(Interval.of(_total(rule.facts[0], ask)), Interval.of(reserved_area(rule, area)))


def reserved_area(rule: Rule, area: Fraction) -> Fraction:
    """Area to be reserved in an estate of some floor area; the boundary belongs above."""
    small = area < (rule.parameters.number("below") or 0)
    percent = rule.parameters.number("below_percent" if small else "above_percent")
    return area * (percent or Fraction(0)) / 100


def is_monotone(rule: Rule) -> bool:
    """Whether a reserve rule asks never less of a larger estate."""
    below, above = (rule.parameters.number(f"{one}_percent") or 0 for one in ("below", "above"))
    return above >= below


def _sum(rule: Rule, _level: str, ask: Ask) -> Judgement:
    total = _total(_names(rule, "total"), ask)
    parts = sum((_total(one, ask) for one in rule.facts), Fraction(0))
    apart = abs(total - parts)
    same = apart <= (rule.parameters.number("tolerance") or 0)
    return Judgement(
        Interval.of(parts),
        Interval.of(total),
        Interval.of(0 if same else apart),
        "met" if same else "missed",
        "" if same else PARTS_DIFFER,
    )


def _percent(rule: Rule, _level: str, ask: Ask) -> Judgement:
    whole = _total(_names(rule, "whole"), ask)
    if whole == 0:
        return Judgement(reason=NOBODY)
    right = 100 * _total(_names(rule, "part"), ask) / whole
    printed = _total(rule.facts[0], ask)
    digits = int(rule.parameters.number("digits") or 0)
    verdict = check_printed(rounded(printed, digits), right)
    status, reason = _VERDICTS[verdict]
    apart = Interval.of(0 if verdict == "exact" else abs(right - printed))
    return Judgement(Interval.of(printed), Interval.of(right), apart, status, reason)


_VERDICTS = {
    "exact": ("met", ""),
    "truncated": ("partly", CUT_OFF),
    "last_digit": ("partly", LAST_DIGIT),
    "wrong": ("missed", NOT_THE_SHARE),
}
_JUDGES: Mapping[str, Callable[[Rule, str, Ask], Judgement]] = {
    "threshold": _threshold,
    "all_of": _all_of,
    "ratio": _ratio,
    "tier": _tier,
    "checklist": _checklist,
    "cadence": _cadence,
    "deadline": _deadline,
    "within": _within,
    "reserve": _reserve,
    "sum": _sum,
    "percent": _percent,
}


def _against(value: Interval, required: Interval, *, parts: tuple[Part, ...] = ()) -> Judgement:
    shortfall = (required - value).above(0)
    if value.low >= required.low:
        status = "met"
    elif value.high >= required.low:
        status = "unknown"
    else:
        status = "partly" if value.low > 0 or any(part.met for part in parts) else "missed"
    return Judgement(value, required, shortfall, status, parts=parts)


def _part_of(one: Condition, ask: Ask) -> Part:
    known = [ask(name) for name in one.facts]
    unknown = any(value is None for value in known)
    value = None if unknown else sum((v for v in known if v is not None), Fraction(0))
    met = value is not None and one.holds(value)
    return Part("+".join(one.facts), value, one.sign, one.bound, met)


def _add_up(conditions: Sequence[Condition]) -> bool:
    """Whether shortfalls of all conditions are of one unit: floor areas, asked for at least."""
    return all(
        one.sign == ">=" and all(name.endswith("_m2") for name in one.facts) for one in conditions
    )


def _names(rule: Rule, key: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in rule.parameters.named[key].split("+"))


def _total(names: Sequence[str], ask: Ask) -> Fraction:
    total = Fraction(0)
    for name in names:
        value = ask(name)
        if value is None:
            raise _Unknown(name)
        total += value
    return total
