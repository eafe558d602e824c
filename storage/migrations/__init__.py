"""The schema's history, run by Alembic on SQLite and PostgreSQL alike."""
