"""Reference tables and sample districts that ship with gridmap; see README.md for sources."""
