"""Alembic's environment. The connection comes from ``storage.migrate``; there is no alembic.ini."""

from typing import Any, Literal

from alembic import context

from storage.database import Base, Document, UTCDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Our own column types by their own names."""
    if kind == "type" and isinstance(item, UTCDateTime):
        autogen_context.imports.add("from storage.database import Document, UTCDateTime")
        return "UTCDateTime()"
    if kind == "type" and item is Document:
        autogen_context.imports.add("from storage.database import Document, UTCDateTime")
        return "Document"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
