"""Files as offices have them, read as articles: one module a format, and a plan of what an import would do."""
