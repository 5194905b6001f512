"""Decisions: where the next site goes, who answers for which cell, what a change would bring."""
