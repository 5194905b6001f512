"""The database: PostgreSQL with PostGIS, row-level security, vector tiles."""
