"""Rules of cell codes as data: which digits say what, and which numbers a cell may have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridmap.errors import FileFormatError, InputError, name_ids
from gridmap.grid.codes import COMMUNITY_DIGITS, is_official
from gridmap.reference import reference_path

PARTS = ("county", "street", "community", "serial", "unit")
"""Parts a code may have; the first three are the code of the community."""
_COLUMNS = ("rule", "position", "part", "digits", "first", "last", "merged_first", "order")
_ORDERS = ("west_east_north_south",)


@dataclass(frozen=True)
class CodeParts:
    """A cell code taken apart.

    Attributes
    ----------
    community_code : str
        County, street and community: the first twelve digits.
    serial : int
        Number of the cell inside its community.
    unit : int
        Number inside the cell; 0 is the cell itself.
    is_merged : bool
        Whether the serial is one of those kept for merged units.
    """

    community_code: str
    serial: int
    unit: int = 0
    is_merged: bool = False


@dataclass(frozen=True)
class CodeRule:
    """How cells are coded.

    Attributes
    ----------
    name : str
        Name of the rule in the table.
    digits : mapping of str to int
        Digits of every part, in order.
    first, last : int
        First and last serial.
    merged_first : int or None
        First serial of merged units; None where the rule keeps none apart.
    unit_last : int
        Last number of a unit inside a cell.

    Examples
    --------
    >>> rule = code_rules()["cell-15"]
    >>> rule.length, rule.encode("110101001001", 7)
    (15, '110101001001007')
    >>> code_rules()["cell-20"].decode("11010100100160300000").is_merged
    True
    """

    name: str
    digits: Mapping[str, int]
    first: int = 1
    last: int = 999
    merged_first: int | None = None
    unit_last: int = 0

    @property
    def length(self) -> int:
        """Digits of a whole code."""
        return sum(self.digits.values())

    def encode(self, community_code: str, serial: int, unit: int = 0) -> str:
        """Code of a cell.

        Parameters
        ----------
        community_code : str
            Up to twelve digits; shorter ones are filled with zeros on the right.
        serial : int
            Number inside the community.
        unit : int
            Number inside the cell, where the rule has one; 0 is the cell itself.

        Raises
        ------
        InputError
            If the community code is not digits, or a number lies outside the rule.
        """
        if not is_official(community_code):
            raise InputError(
                f"A cell code needs a community code of 1 to {COMMUNITY_DIGITS} digits, found "
                f"'{community_code}'. Correct the code in the layer 'communities'."
            )
        for what, number, low, high in (
            ("serial", serial, self.first, self.last),
            ("unit", unit, 0, self.unit_last),
        ):
            if not low <= number <= high:
                raise InputError(
                    f"Rule {self.name}: a {what} runs from {low} to {high}, found {number} in "
                    f"community {community_code}. Use larger cells, or another rule of codes."
                )
        code = community_code.ljust(COMMUNITY_DIGITS, "0")
        code += str(serial).zfill(self.digits["serial"])
        return code + (str(unit).zfill(self.digits["unit"]) if "unit" in self.digits else "")

    def decode(self, code: str) -> CodeParts:
        """Parts of a code.

        Raises
        ------
        InputError
            If the code is not as long as the rule says, not digits, or its serial is not one.
        """
        if not (code.isascii() and code.isdigit() and len(code) == self.length):
            parts = ", ".join(f"{count} {name}" for name, count in self.digits.items())
            raise InputError(
                f"Rule {self.name}: a cell code is {self.length} digits ({parts}), found '{code}'. "
                "Correct the column 'code' of the cells, or name the rule they follow."
            )
        end = COMMUNITY_DIGITS + self.digits["serial"]
        serial = int(code[COMMUNITY_DIGITS:end])
        if not self.first <= serial <= self.last:
            raise InputError(
                f"Rule {self.name}: a serial runs from {self.first} to {self.last}, found "
                f"{serial} in '{code}'. Correct the code."
            )
        merged = self.merged_first is not None and serial >= self.merged_first
        return CodeParts(code[:COMMUNITY_DIGITS], serial, int(code[end:] or 0), merged)

    def fits(self, codes: pd.Series) -> pd.Series:
        """Mask of the codes that :meth:`decode` can take apart.

        Examples
        --------
        >>> codes = pd.Series(["110101001001007", "110101001001000", "7"])
        >>> code_rules()["cell-15"].fits(codes).tolist()
        [True, False, False]
        """
        whole = codes.str.fullmatch(f"[0-9]{{{self.length}}}").astype(bool)
        end = COMMUNITY_DIGITS + self.digits["serial"]
        serial = pd.to_numeric(codes.where(whole).str[COMMUNITY_DIGITS:end])
        return whole & serial.between(self.first, self.last)

    def describe(self) -> str:
        """Say what a code is made of.

        Examples
        --------
        >>> code_rules()["cell-15"].describe()
        '15 digits (6 county, 3 street, 3 community, 3 serial), the serial from 1 to 999'
        """
        parts = ", ".join(f"{count} {name}" for name, count in self.digits.items())
        return f"{self.length} digits ({parts}), the serial from {self.first} to {self.last}"

    def serials(self, *, merged: bool = False) -> range:
        """Tell the serials for single cells, or those for merged ones.

        Examples
        --------
        >>> code_rules()["cell-20"].serials(), code_rules()["cell-20"].serials(merged=True)
        (range(1, 601), range(601, 1000))
        """
        if self.merged_first is None:
            return range(self.first, self.last + 1)
        if merged:
            return range(self.merged_first, self.last + 1)
        return range(self.first, self.merged_first)

    def free_serials(
        self, community_code: str, count: int, taken: Iterable[int], *, merged: bool = False
    ) -> list[int]:
        """Give the next serials that were never given in a community.

        Parameters
        ----------
        community_code : str
            For the message.
        count : int
            How many.
        taken : iterable of int
            Serials given there now or at any time before.
        merged : bool
            Whether they are for merged units.

        Raises
        ------
        InputError
            If there are not so many left.

        Notes
        -----
        Numbers after the highest one given come first, then those left free before it: a new
        number stands out as new for as long as there is room.

        Examples
        --------
        >>> code_rules()["cell-15"].free_serials("110101001001", 2, [1, 2, 5])
        [6, 7]
        """
        allowed = self.serials(merged=merged)
        used = set(taken)
        top = max((one for one in used if one in allowed), default=allowed.start - 1)
        later = [one for one in range(top + 1, allowed.stop) if one not in used]
        earlier = [one for one in range(allowed.start, top) if one not in used]
        free = (later + earlier)[:count]
        if len(free) < count:
            raise InputError(
                f"Rule {self.name} has {len(free)} serials left in community {community_code}; "
                f"{count} are needed. Allow codes of the past to be given again, or use another "
                "rule of codes."
            )
        return free


def rule_followed(codes: pd.Series) -> CodeRule:
    """Rule that most of these codes follow; the first that ships where none follows any.

    Examples
    --------
    >>> rule_followed(pd.Series(["32010200000000100000", "32010200000000200000", "9"])).name
    'cell-20'
    >>> rule_followed(pd.Series(["9"])).name
    'cell-15'
    """
    return max(code_rules().values(), key=lambda rule: int(rule.fits(codes).sum()))


@cache
def code_rules() -> Mapping[str, CodeRule]:
    """Rules that ship, by name.

    Examples
    --------
    >>> {name: rule.length for name, rule in code_rules().items()}
    {'cell-15': 15, 'cell-20': 20}
    """
    return read_code_rules(reference_path("code_rules.csv"))


def read_code_rules(path: str | Path) -> Mapping[str, CodeRule]:
    """Rules of codes from a CSV file, checked.

    Parameters
    ----------
    path : path
        One row for every part of every rule, as ``geodata/reference/code_rules.csv``.

    Raises
    ------
    FileFormatError
        If the file cannot be read or columns are missing.
    InputError
        If a rule is not county 6, street 3, community 3, serial and perhaps unit, or its numbers
        do not fit its digits; every fault is named.
    """
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise FileFormatError(
            f"{Path(path).name}: expected a CSV file of code rules, found {error}. Begin with a "
            "copy of geodata/reference/code_rules.csv."
        ) from error
    if missing := [name for name in _COLUMNS if name not in table]:
        raise FileFormatError(
            f"{Path(path).name}: code rules need the columns {', '.join(_COLUMNS)}; missing: "
            f"{', '.join(missing)}. Add them."
        )
    faults: list[str] = []
    rules = {}
    for name, rows in table.groupby("rule", sort=False):
        rules[str(name)] = _rule(str(name), rows, faults)
    if faults:
        raise InputError(f"{Path(path).name}: " + "; ".join(faults) + ". Correct these rows.")
    return rules


def _rule(name: str, rows: pd.DataFrame, faults: list[str]) -> CodeRule:
    numbers = rows[["position", "digits", "first", "last", "merged_first"]].apply(
        pd.to_numeric, errors="coerce"
    )
    rows = rows.assign(**numbers).sort_values("position").set_index("part")
    digits = {str(part): int(count) for part, count in rows["digits"].fillna(0).items()}
    layout = tuple(digits)
    if layout not in (PARTS[:4], PARTS) or [*digits.values()][:3] != [6, 3, 3]:
        faults.append(
            f"rule {name} expects county 6, street 3, community 3, then serial and perhaps unit; "
            f"found {', '.join(f'{part} {count}' for part, count in digits.items())}"
        )
        return CodeRule(name, digits)
    serial: dict[Any, Any] = rows.loc["serial"].to_dict()
    first, last = (int(np.nan_to_num(serial[one])) for one in ("first", "last"))
    merged: int | None = None
    if not pd.isna(serial["merged_first"]):
        merged = int(serial["merged_first"])
    kept_apart = merged is None or first < merged <= last
    if not (1 <= first < last < 10 ** digits["serial"] and kept_apart):
        faults.append(
            f"rule {name} expects 1 ≤ first < merged_first ≤ last below {10 ** digits['serial']}; "
            f"found first {first}, last {last}, merged_first {merged}"
        )
    if serial["order"] not in _ORDERS:
        faults.append(f"rule {name} expects the order {name_ids(_ORDERS)}, found {serial['order']}")
    unit: Any = rows["last"].get("unit", 0)
    unit_last = int(np.nan_to_num(unit))
    return CodeRule(name, digits, first, last, merged, unit_last)
