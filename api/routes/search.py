"""``/api/v1/search``: a search as the page does it, and what to suggest as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.auth import CurrentDesk, CurrentVisitor, visitor
from api.desk import Desk
from district.schemas import Role
from knowledge.searching import Facet, Narrowing, Searcher
from knowledge.suggestions import Suggestion

router = APIRouter(prefix="/api/v1/search", tags=["articles"])

Typed = Annotated[str, Query(max_length=20_000)]
"""Far more than is looked at; what is cut off is told."""
Code = Annotated[str, Query(max_length=20)]
READS_EVERYTHING = frozenset({Role.KNOWLEDGE_EDITOR})
"""Who finds what is not in force, too."""


def searcher(desk: Desk) -> Searcher:
    """What a search needs of this desk."""
    district = desk.district
    return Searcher(desk.index, district.taxonomy, district.units, desk.wordings.current().spelling.mended)


def suggested(desk: Desk, typed: str) -> list[Suggestion]:
    """What may be asked, from the articles in force today."""
    return desk.wordings.current().suggestions.complete(typed, on=desk.today())


@router.get("/suggestions")
async def suggestions(desk: CurrentDesk, q: Typed = "") -> dict[str, Any]:
    """At most eight questions that begin, sound or are abbreviated like what was typed. Open to residents."""
    found = await run_in_threadpool(suggested, desk, q)
    return {"items": [{"text": one.text, "article": one.article} for one in found]}


@router.get("")
async def search(
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Typed = "",
    category: Code = "",
    unit: Code = "",
    state: Code = "",
    search: Annotated[str, Query(max_length=40, description="同一次检索的 search 值：只是缩小范围，不算新的检索")] = "",
) -> dict[str, Any]:
    """What was found, counted by category, unit and state, and the query that may have been meant.

    ``search`` is the key of this search in the search log, which keeps nothing of who asked.
    """

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            answer = searcher(desk).search(
                session,
                q,
                Narrowing(category, unit, state),
                on=desk.today(),
                everything=who.actor.role in READS_EVERYTHING,
            )
            key = desk.search_log.answered(q, answer, role="staff", page="api", goes_on=search)
            return {
                "search": key,
                "items": [
                    {
                        "id": one.article.number,
                        "question": one.article.question,
                        "short_answer": one.article.short_answer,
                        "state": one.state,
                        "relevance": one.hit.relevance if one.hit else 0.0,
                    }
                    for one in answer.found
                ],
                "facets": {
                    "category": _plain(answer.categories),
                    "unit": _plain(answer.units),
                    "state": _plain(answer.states),
                },
                "instead": answer.instead,
                "notes": list(answer.notes),
            }

    return await run_in_threadpool(read)


@router.post("/{key}/opened/{number}", status_code=204, dependencies=[Depends(visitor)])
async def opened(key: str, number: str, desk: CurrentDesk) -> Response:
    """Tell that an article of the results of this search was opened. The first one that was is kept."""
    desk.search_log.opened(key, number)
    return Response(status_code=204)


def _plain(facets: Sequence[Facet]) -> list[dict[str, Any]]:
    return [{"value": each.value, "count": each.count} for each in facets]
