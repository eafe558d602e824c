"""Sheets of any kind (XLSX, CSV) as rows of values, for the channels that read them; no column is known by name."""
