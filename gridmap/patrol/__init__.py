"""Patrol: where and when somebody was, and what was due, met, missed or unknown."""

from gridmap.patrol.measures import PatrolMeasures, measure_patrol

__all__ = ["PatrolMeasures", "measure_patrol"]
