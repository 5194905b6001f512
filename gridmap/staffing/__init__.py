"""Posts, duties, and who answers for a cell on a date."""

from gridmap.staffing.answers import answer_for, duties_on, idle_posts, load_of_posts
from gridmap.staffing.measures import StaffingMeasures, measure_staffing, vacant_since

__all__ = [
    "StaffingMeasures",
    "answer_for",
    "duties_on",
    "idle_posts",
    "load_of_posts",
    "measure_staffing",
    "vacant_since",
]
