"""Standards as data, and what a district is worth by them."""

from gridmap.standards.evaluate import evaluate_rules
from gridmap.standards.fact_rows import read_facts, write_facts
from gridmap.standards.facts import NO_FACTS, Facts, gather_facts
from gridmap.standards.measures import StandardsMeasures, measure_standards
from gridmap.standards.rules import (
    Rule,
    join_rules,
    read_rules,
    rules_of_rows,
    shipped_rules,
    write_rules,
)

__all__ = [
    "NO_FACTS",
    "Facts",
    "Rule",
    "StandardsMeasures",
    "evaluate_rules",
    "gather_facts",
    "join_rules",
    "measure_standards",
    "read_facts",
    "read_rules",
    "rules_of_rows",
    "shipped_rules",
    "write_facts",
    "write_rules",
]
