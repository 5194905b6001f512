"""By when a report must be dealt with: half-day rule, hours, working calendars, urgent reports."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

NOON = time(12)
_LONGEST_DAYS = 3660
"""Days [d] a working calendar is searched before it counts as one without working days."""


@dataclass(frozen=True)
class WorkingCalendar:
    """When work is done: weekdays, hours of a day, and days that are off or worked in return.

    Attributes
    ----------
    weekdays : str
        Days of the week that are worked, 1 = Monday.
    opens, closes : time
        Local hours of a working day.
    holidays, worked : frozenset of date
        Days off though a weekday, and days worked though a weekend.

    Examples
    --------
    >>> week = WorkingCalendar()
    >>> week.works_on(date(2026, 3, 2)), week.works_on(date(2026, 3, 1))
    (True, False)
    """

    weekdays: str = "12345"
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = field(default_factory=frozenset)
    worked: frozenset[date] = field(default_factory=frozenset)

    def works_on(self, day: date) -> bool:
        """Whether a day is worked."""
        usual = str(day.isoweekday()) in self.weekdays and day not in self.holidays
        return usual or day in self.worked

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """Moment that many working hours [h] later."""
        left = timedelta(hours=hours)
        for opens, closes in self._spans(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise OverflowError("the working calendar has no working day within ten years")

    def first_work(self, start: datetime) -> datetime:
        """Give the moment itself on a working day, else the start of the next working day."""
        if self.works_on(start.date()):
            return start
        later = (start.date() + timedelta(days=n) for n in range(1, _LONGEST_DAYS))
        day = next((one for one in later if self.works_on(one)), None)
        if day is None:
            raise OverflowError("the working calendar has no working day within ten years")
        return datetime.combine(day, time(0), start.tzinfo)

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        for number in range(_LONGEST_DAYS):
            day = start.date() + timedelta(days=number)
            opens = datetime.combine(day, self.opens, start.tzinfo)
            closes = datetime.combine(day, self.closes, start.tzinfo)
            if self.works_on(day) and closes > start:
                yield max(opens, start), closes


@dataclass(frozen=True)
class Deadline:
    """How long a report may take.

    Attributes
    ----------
    half_day : bool
        Reported before 12:00, due at 12:00; later, due at 24:00 of the day (上不过午、下不过夜).
    hours : float, optional
        Else this long [h] after the report.
    minimum_minutes : float
        Least time [min] a half day must leave; else the next half day is due.
    urgent_hours : float, optional
        Time [h] for urgent reports, by the clock, whatever the calendar says.
    calendar : WorkingCalendar, optional
        Half days then start on working days and hours count working hours.
    """

    half_day: bool = False
    hours: float | None = None
    minimum_minutes: float = 0.0
    urgent_hours: float | None = None
    calendar: WorkingCalendar | None = None


def due_at(reported: datetime, deadline: Deadline, *, urgent: bool = False) -> datetime:
    """Moment by which a report must be dealt with.

    Parameters
    ----------
    reported : datetime
        Local time of the report.
    deadline : Deadline
        The rule.
    urgent : bool
        Whether it was reported as urgent.

    Notes
    -----
    Half-day rule of MEASURES.md 6: before 12:00 → 12:00, else → 24:00. A report at exactly 12:00
    belongs to the afternoon. Hours are hours that pass, also on a day when clocks are changed.

    Examples
    --------
    >>> half_day = Deadline(half_day=True)
    >>> due_at(datetime(2026, 3, 2, 9, 30), half_day)
    datetime.datetime(2026, 3, 2, 12, 0)
    >>> due_at(datetime(2026, 3, 2, 12, 0), half_day)
    datetime.datetime(2026, 3, 3, 0, 0)
    """
    if urgent and deadline.urgent_hours is not None:
        return _after(reported, deadline.urgent_hours)
    if not deadline.half_day:
        hours = deadline.hours or 0.0
        if deadline.calendar:
            return deadline.calendar.add_hours(reported, hours)
        return _after(reported, hours)
    calendar = deadline.calendar
    start = calendar.first_work(reported) if calendar else reported
    return _half_day_end(start, timedelta(minutes=deadline.minimum_minutes), calendar)


def _after(start: datetime, hours: float) -> datetime:
    if start.tzinfo is None:
        return start + timedelta(hours=hours)
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)


def _half_day_end(start: datetime, least: timedelta, calendar: WorkingCalendar | None) -> datetime:
    noon = datetime.combine(start.date(), NOON, start.tzinfo)
    midnight = datetime.combine(start.date() + timedelta(days=1), time(0), start.tzinfo)
    if start < noon and noon - start >= least:
        return noon
    if midnight - start >= least:
        return midnight
    following = calendar.first_work(midnight) if calendar else midnight
    return datetime.combine(following.date(), NOON, start.tzinfo)
