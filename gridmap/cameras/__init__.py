"""Cameras: what is really seen of public space, planned from positions and optics only."""
