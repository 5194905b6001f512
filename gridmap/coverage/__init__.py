"""The one coverage table of all dimensions, and the gaps in it."""

from gridmap.coverage.gaps import find_gaps
from gridmap.coverage.table import KEY, gather

__all__ = ["KEY", "find_gaps", "gather"]
