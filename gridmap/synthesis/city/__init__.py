"""A whole city that no map shows, of any number of cells: ground, people, services, operations.

Nothing here is a place or a person of this world. Everything is arrays: the plan is a lattice whose
lines are counted in whole numbers, so neighbours share every corner, and only its corners are
bent into metres.
"""
