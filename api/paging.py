"""Lists are paged by cursor: ``items`` and the cursor of the next page, empty at the end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=200, description="每页条数")]
After = Annotated[str, Query(max_length=80, description="上一页给出的游标")]


def page(items: list[dict[str, Any]], cursor: str) -> dict[str, Any]:
    """One page as JSON."""
    return {"items": items, "next": cursor or None}
