"""Staffing: which post answers for which cell on which date."""
