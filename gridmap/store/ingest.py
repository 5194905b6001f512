"""Fixes of devices into the database: what lies in an open shift of the sender's own, once.

The statements run in the scope of the sender: a worker, or a device known by the hash of its
token. A batch is answered after its transaction; what was answered is on disk.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from gridmap.errors import ScopeError, StoreError

KEPT_DAYS = 4
"""Shifts that ended longer ago [d] take no fix any more."""
_DUTY = text("""
    SELECT d.id, d.bounds, extract(epoch FROM s.start)::float8, extract(epoch FROM s."end")::float8,
      ARRAY(SELECT ARRAY[extract(epoch FROM lower(p)), extract(epoch FROM upper(p))]
            FROM unnest(s.pauses) p)::float8[]
    FROM districts d LEFT JOIN shifts s ON s.district_id = d.id AND s.entered_at IS NOT NULL
      AND s."end" > now() - make_interval(days => :days)
    WHERE d.id = coalesce(:district, d.id)""")
_TAKE = text("""SELECT gridmap_take_fixes(:batch, :phone, CAST(:times AS timestamptz[]),
    CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:accuracies AS float8[]),
    CAST(:refused AS jsonb))""")
_SCOPE = text("SELECT set_config('app.scope', :scope, true)")


@dataclass(frozen=True)
class Duty:
    """What a sender may report for: district, frame of it [°], times on duty [s]."""

    district_id: int
    bounds: tuple[float, ...]
    spans: tuple[tuple[float, float], ...]


@contextmanager
def as_device(engine: Engine, token_hash: str) -> Iterator[Connection]:
    """One transaction of a device: it reads its own shifts and may send fixes, nothing else."""
    with engine.begin() as connection:
        scope = {"role": "device", "token": token_hash}
        connection.execute(_SCOPE, {"scope": json.dumps(scope)})
        yield connection


def read_duty(connection: Connection, district_id: int | None = None) -> Duty:
    """Read the times on duty of the sender in scope.

    Raises
    ------
    ScopeError
        If the sender is nobody: an unknown or revoked token.
    """
    rows = connection.execute(_DUTY, {"district": district_id, "days": KEPT_DAYS}).all()
    if not rows:
        raise ScopeError("This token is not known or was taken back. Ask for a new one.")
    spans = [span for row in rows if row[2] is not None for span in cut_pauses(*row[2:])]
    return Duty(rows[0][0], tuple(rows[0][1]), tuple(spans))


def cut_pauses(
    start: float, end: float, pauses: Sequence[Sequence[float]] | None
) -> list[tuple[float, float]]:
    """Cut the pauses out of a shift.

    Examples
    --------
    >>> cut_pauses(0, 10, [(2, 4), (8, 10)])
    [(0, 2), (4, 8)]
    """
    spans, begin = [], start
    for first, last in sorted(map(tuple, pauses or ())):
        if first > begin:
            spans.append((begin, first))
        begin = max(begin, last)
    return [*spans, (begin, end)] if end > begin else spans


def take_fixes(
    connection: Connection,
    batch: str,
    phone: str,
    fixes: Sequence[tuple[float, float, float, float | None]],
    refused: Mapping[str, int],
) -> dict[str, Any]:
    """Store fixes of a batch within the transaction of the connection.

    Parameters
    ----------
    connection : Connection
        In the scope of the sender.
    batch : str
        Number the sender gave the batch; of a number that came before nothing is stored again,
        and the answer is that of the first time.
    phone : str
        What tells two phones of one sender apart; may be empty.
    fixes : sequence of tuples
        Time [s since 1970], longitude, latitude [°], accuracy [m] or None.
    refused : mapping of str to int
        How many were refused before, by reason.

    Returns
    -------
    dict
        ``taken``, ``duplicate``, ``refused`` (by reason) and ``again``.

    Raises
    ------
    StoreError
        If the database refuses; what it says of rows is not passed on: it would hold a position.
    """
    times = [dt.datetime.fromtimestamp(one[0], dt.UTC) for one in fixes]
    told = {
        "batch": batch,
        "phone": phone,
        "times": times,
        "lons": [one[1] for one in fixes],
        "lats": [one[2] for one in fixes],
        "accuracies": [one[3] for one in fixes],
        "refused": json.dumps(dict(refused)),
    }
    try:
        answer: dict[str, Any] = connection.execute(_TAKE, told).scalar_one()
    except OperationalError:
        raise StoreError(
            "The database does not answer; keep the fixes and send them again."
        ) from None
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        raise StoreError(
            f"The database refused the fixes (code {code}); nothing is stored."
        ) from None
    return answer
