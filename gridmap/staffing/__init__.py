"""Posts, duties, absences, and who answers for a place on a date."""

from gridmap.staffing.absences import absences_on, examine_absences, stand_ins_on
from gridmap.staffing.answers import answer_for, duties_on, idle_posts, load_of_posts
from gridmap.staffing.measures import StaffingMeasures, measure_staffing, vacant_since
from gridmap.staffing.places import LEVELS, Answer, Level, who_answers
from gridmap.staffing.rules import default_rules, measure_rules, rules_of, sum_rules

__all__ = [
    "LEVELS",
    "Answer",
    "Level",
    "StaffingMeasures",
    "absences_on",
    "answer_for",
    "default_rules",
    "duties_on",
    "examine_absences",
    "idle_posts",
    "load_of_posts",
    "measure_rules",
    "measure_staffing",
    "rules_of",
    "stand_ins_on",
    "sum_rules",
    "vacant_since",
    "who_answers",
]
