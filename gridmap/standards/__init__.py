"""Standards as data, and what a district is worth by them."""
