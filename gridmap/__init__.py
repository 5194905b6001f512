"""gridmap: divide a district into grid cells, measure what covers them, find the gaps."""

__version__ = "0.1.0"
