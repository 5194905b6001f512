"""Patrol: where and when somebody was, and what was due, met, missed or unknown."""
