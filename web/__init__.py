"""The web application of gridmap."""
