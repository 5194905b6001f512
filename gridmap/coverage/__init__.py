"""Coverage: the one coverage table of all dimensions, and the gaps read from it."""
