"""Rules as data: one row each, read from a CSV file or a form, checked, and written back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gridmap.errors import FileFormatError, InputError
from gridmap.reference import reference_path
from gridmap.standards.grammar import Parameters, fact_names, parse_parameters
from gridmap.standards.limits import KINDS, bound_faults

COLUMNS = (
    "id",
    "kind",
    "scope",
    "fact",
    "parameters",
    "unit",
    "text_zh_Hans",
    "text_zh_Hant",
    "text_en",
    "source",
    "confidence",
    "active",
)
"""Columns of a rules file, in order."""
NEEDED = ("id", "kind", "scope", "source")
SCOPES = ("cell", "community", "street", "district", "tiers")
"""What a rule judges; ``tiers`` are the levels that a tier rule names itself."""
CONFIDENCES = ("high", "medium", "low-medium", "low", "from_memory", "assumption")
"""How far the text of a rule can be trusted, best first."""
_LONGEST = 400
_LARGEST_BYTES = 2_000_000
_YES, _NO = {"", "yes", "true", "1", "是"}, {"no", "false", "0", "否"}


@dataclass(frozen=True)
class Rule:
    """One rule: what is asked of which units, and who says so.

    Attributes
    ----------
    id : str
        Short name, unique.
    kind : str
        One of :data:`gridmap.standards.limits.KINDS`.
    scope : str
        One of :data:`SCOPES`.
    facts : tuple of tuple of str
        Alternatives or items in order, each a sum of facts.
    parameters : Parameters
        Bounds and further facts.
    unit : str
        Unit of value, required and shortfall.
    text : mapping of str to str
        What the rule asks, by language.
    source, confidence : str
        Who says so, and how far that is known.
    active : bool
        Whether it is evaluated.
    row : mapping of str to str
        The row as it was written.
    """

    id: str
    kind: str
    scope: str
    facts: tuple[tuple[str, ...], ...]
    parameters: Parameters
    unit: str
    text: Mapping[str, str]
    source: str
    confidence: str
    active: bool
    row: Mapping[str, str]

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels at which the rule judges units."""
        if self.scope != "tiers":
            return (self.scope,)
        return tuple(one for one in SCOPES if one in self.parameters.named)

    @property
    def cited(self) -> str:
        """Source with its confidence, so that no row claims more than is known."""
        return self.source if self.confidence == "high" else f"{self.source} ({self.confidence})"


@dataclass(frozen=True)
class Fault:
    """What is wrong in one column of a row."""

    column: str
    text: str


def shipped_rules() -> tuple[Rule, ...]:
    """Rules that ship with gridmap, those that are off included.

    Examples
    --------
    >>> rules = {rule.id: rule for rule in shipped_rules()}
    >>> rules["premises_office_service"].kind, rules["premises_office_service"].scope
    ('all_of', 'community')
    """
    return _shipped()


@cache
def _shipped() -> tuple[Rule, ...]:
    return read_rules(reference_path("standards.csv"))


def read_rules(path: str | Path) -> tuple[Rule, ...]:
    """Rules from a CSV file, checked.

    Raises
    ------
    FileFormatError
        If the file cannot be read as a CSV table.
    InputError
        If anything is wrong; the message names every fault with its line and column.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror}).") from error
    return rules_of_bytes(content, str(path))


def rules_of_bytes(content: bytes, name: str) -> tuple[Rule, ...]:
    """Rules from the content of a CSV file; see :func:`read_rules`."""
    if len(content) > _LARGEST_BYTES:
        raise FileFormatError(f"{name} is larger than {_LARGEST_BYTES // 1_000_000} MB.")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
        head = [one.strip() for one in reader.fieldnames or []]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(
            f"{name} cannot be read as a CSV table in UTF-8 ({error}). Save it as CSV (UTF-8) "
            f"with the columns {', '.join(COLUMNS)}."
        ) from error
    missing = [one for one in NEEDED if one not in head]
    unknown = [one for one in head if one not in COLUMNS]
    if missing or unknown:
        wrong = [f"missing: {', '.join(missing)}"] if missing else []
        wrong += [f"unknown: {', '.join(unknown) or '(no name)'}"] if unknown else []
        raise InputError(
            f"{name}: a rules file has the columns {', '.join(COLUMNS)}; {'; '.join(wrong)}."
        )
    return _rules_of_lines(rows, name)


def rules_of_rows(rows: Iterable[Mapping[str, str]], name: str = "rules") -> tuple[Rule, ...]:
    """Rules of rows that are already apart; faults name the number of the row.

    Examples
    --------
    >>> row = {"id": "rooms", "kind": "threshold", "scope": "community", "fact": "rooms",
    ...     "parameters": "at_least=6", "unit": "rooms", "text_en": "six rooms", "source": "us"}
    >>> rules_of_rows([row])[0].parameters.named
    {'at_least': '6'}
    """
    return _rules_of_lines([(number, row) for number, row in enumerate(rows, 1)], name)


def check_rule(row: Mapping[str, str]) -> list[Fault]:
    """List what is wrong in a row, column by column.

    Examples
    --------
    >>> row = {"id": "rooms", "kind": "threshold", "scope": "community", "fact": "rooms",
    ...     "parameters": "at_least=6; at_most=2", "text_en": "rooms", "source": "us"}
    >>> [(fault.column, fault.text) for fault in check_rule(row)]
    [('parameters', 'at_least (6) is above at_most (2)')]
    """
    plain = _plain(row)
    faults = [Fault(name, "is empty") for name in NEEDED if not plain[name]]
    if plain["id"] and not _is_name(plain["id"]):
        faults.append(
            Fault("id", f"expects up to 60 of a–z, 0–9, _ and -, found {plain['id'][:60]!r}")
        )
    for name, known in (("kind", tuple(KINDS)), ("scope", SCOPES), ("confidence", CONFIDENCES)):
        if plain[name] and plain[name] not in known:
            faults.append(Fault(name, f"expects {', '.join(known)}; found {plain[name]!r}"))
    if plain["active"].lower() not in _YES | _NO:
        faults.append(Fault("active", f"expects yes or no, found {plain['active']!r}"))
    if not any(plain[f"text_{one}"] for one in ("zh_Hans", "zh_Hant", "en")):
        faults.append(Fault("text_en", "is empty in every language"))
    faults += [
        Fault(name, f"is longer than {_LONGEST} characters")
        for name in COLUMNS
        if len(plain[name]) > _LONGEST
    ]
    return faults + list(_content_faults(plain))


def write_rules(rules: Iterable[Rule]) -> str:
    """Rules as a CSV table that :func:`read_rules` reads back.

    Examples
    --------
    >>> text = write_rules(shipped_rules())
    >>> rules_of_bytes(text.encode(), "again") == shipped_rules()
    True
    """
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for rule in rules:
        writer.writerow({name: rule.row[name] for name in COLUMNS})
    return target.getvalue()


def join_rules(shipped: Iterable[Rule], own: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules together; a rule of one's own replaces the shipped one of the same id."""
    every = {rule.id: rule for rule in shipped} | {rule.id: rule for rule in own}
    return tuple(every.values())


def _rules_of_lines(rows: Iterable[tuple[int, Mapping[str, str]]], name: str) -> tuple[Rule, ...]:
    faults: list[str] = []
    seen: dict[str, int] = {}
    rules: list[Rule] = []
    for line, row in rows:
        plain = _plain(row)
        if not any(plain.values()):
            continue
        found = check_rule(row)
        if None in row:
            found.append(Fault(COLUMNS[-1], "has more fields than there are columns"))
        if plain["id"] in seen:
            found.append(Fault("id", f"is the same as in line {seen[plain['id']]}"))
        seen.setdefault(plain["id"], line)
        told = f"rule '{plain['id'][:60]}' " if plain["id"] else ""
        faults += [f"line {line}, column {one.column}: {told}{one.text}." for one in found]
        if not found:
            rules.append(_rule_of(plain))
    if faults:
        raise InputError(f"{name} holds rules that cannot be used:\n" + "\n".join(faults))
    return tuple(rules)


def _rule_of(row: Mapping[str, str]) -> Rule:
    parameters, _ = parse_parameters(row["parameters"])
    text = {one: row[f"text_{one}"] for one in ("zh_Hans", "zh_Hant", "en")}
    return Rule(
        id=row["id"],
        kind=row["kind"],
        scope=row["scope"],
        facts=tuple(fact_names(one) for one in row["fact"].split("|") if one.strip()),
        parameters=parameters,
        unit=row["unit"],
        text={name: said or _otherwise(text) for name, said in text.items()},
        source=row["source"],
        confidence=row["confidence"] or CONFIDENCES[-1],
        active=row["active"].lower() in _YES,
        row=row,
    )


def _otherwise(text: Mapping[str, str]) -> str:
    return next(said for said in (text["zh_Hans"], text["zh_Hant"], text["en"]) if said)


def _content_faults(row: Mapping[str, str]) -> Iterator[Fault]:
    parameters, unread = parse_parameters(row["parameters"])
    yield from (Fault("parameters", text) for text in unread)
    facts = [one for one in row["fact"].split("|") if one.strip()]
    wrong = [one for one in facts if not fact_names(one)]
    yield from (Fault("fact", f"'{one.strip()}' is no fact or sum of facts") for one in wrong)
    if row["kind"] in KINDS:
        yield from (
            Fault(column, text)
            for column, text in bound_faults(row["kind"], row["scope"], len(facts), parameters)
        )


def _plain(row: Mapping[str, str]) -> dict[str, str]:
    named = {str(name).strip(): value for name, value in row.items() if name is not None}
    return {name: str(named.get(name) or "").strip() for name in COLUMNS}


def _is_name(text: str) -> bool:
    plain = text.replace("_", "").replace("-", "")
    return len(text) <= 60 and plain.isascii() and plain.isalnum() and text == text.lower()
