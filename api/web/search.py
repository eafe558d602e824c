"""The search page of residents, agents and editors: one page, of which each sees what he may."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api.auth import CurrentDesk, Visitor, maybe_visitor
from api.desk import Desk
from api.routes.search import READS_EVERYTHING, Code, Typed, searcher, suggested
from api.web import render
from api.web.own_site import OWN_PAGES
from district.pack import District
from knowledge import day_notices
from knowledge.operators import LONGEST
from knowledge.search_log import Page as SearchPage
from knowledge.searching import Answer, Facet, Found, Narrowing

router = APIRouter()
PAGE = 20
_TAG = re.compile(r"<[^>]*>")
_MARKDOWN = re.compile(r"\s*(?:#{1,6}\s|\|[-| :]*|(?<=\s)[-*]\s)\s*")
_BOLD = re.compile(r"\*{2,3}")
_CUT = re.compile(r"^…\s*[，。、；：！？]+\s*")
"""Where a passage is cut off before a mark that belonged to what is left out."""
MOST_FACETS = 8

FEATURES = {
    "relative": "与第一名相比的初选得分",
    "base": "初选得分",
    "density": "初选得分占可能得分",
    "characters": "问句用字的命中",
    "bigrams": "相邻两字的命中",
    "words": "词的命中",
    "trigrams": "相邻三字的命中",
    "repeated": "词的重复命中",
    "head": "标题和开头的命中",
    "sentence": "最贴切一句的命中",
    "codes": "数字和字母的命中",
    "length": "条目长度",
    "question": "与已知问法的相似",
    "exact": "就是已知的问法",
    "pieced": "问句能从条目拼出的部分",
    "pieces": "拼出所需的段数",
    "longest": "最长的一段",
    "longest_log": "最长的一段（对数）",
    "head_pieced": "问句能从开头拼出的部分",
    "head_pieces": "从开头拼出所需的段数",
}
"""What editors read for the features of the second stage (``knowledge.features``)."""

Reader = Annotated[Visitor | None, Depends(maybe_visitor)]


@dataclass(frozen=True, slots=True)
class Choice:
    """A facet as a link: what it is called, how many, where it leads, whether it is chosen (then it leads back)."""

    label: str
    count: int
    href: str
    chosen: bool


@router.get("/search")
async def page(
    request: Request,
    desk: CurrentDesk,
    who: Reader,
    q: Typed = "",
    category: Code = "",
    unit: Code = "",
    state: Code = "",
    shown: Annotated[str, Query(alias="all", max_length=1)] = "",
    at: Annotated[str, Query(max_length=10)] = "",
    key: Annotated[str, Query(alias="s", max_length=40)] = "",
) -> Response:
    """What was found, the best first. Residents need not sign in; they find what is in force.

    ``at=ticket``: asked beside a ticket. ``s`` is the key of a search that is only paged through or narrowed.
    """
    everything = who is not None and who.actor.role in READS_EVERYTHING
    asked = q.strip()

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            answer = Answer()
            if asked:
                narrowing = Narrowing(category, unit, state)
                answer = searcher(desk).search(session, asked, narrowing, on=desk.today(), everything=everything)
            search = _logged(desk, who, asked, answer, at=at, goes_on=key) if asked else ""
            chosen = {"q": asked[:LONGEST], "category": category, "unit": unit, "state": state, "s": search}
            found = answer.found if shown else answer.found[:PAGE]
            return render.page(
                request,
                "search.html",
                who,
                q=chosen["q"],
                search=search,
                at=at if at == "ticket" else "",
                rows=[_row(one, explained=everything) for one in found],
                facets=_facets(desk.district, answer, chosen, states=everything),
                also=[one for one in desk.wordings.widen(asked) if everything],
                instead=answer.instead,
                notes=answer.notes,
                total=len(answer.found),
                current=[] if who or asked else day_notices.in_force(session, desk.district, desk.now()),
                rest=_address(chosen | {"all": "1"}) if len(answer.found) > len(found) else "",
                narrowed=_address({"q": chosen["q"], "s": search}) if category or unit or state else "",
            )

    return await run_in_threadpool(read)


def _logged(desk: Desk, who: Visitor | None, asked: str, answer: Answer, *, at: str, goes_on: str) -> str:
    """The key under which the search is written down."""
    page: SearchPage = "ticket" if who and at == "ticket" else "search"
    return desk.search_log.answered(asked, answer, role="staff" if who else "public", page=page, goes_on=goes_on)


@router.post("/search/{key}/opened/{number}", dependencies=OWN_PAGES)
async def opened(key: str, number: str, desk: CurrentDesk) -> Response:
    """An article of the results was opened, as the page tells it. Nothing is asked of who did, and nothing kept."""
    desk.search_log.opened(key, number)
    return Response(status_code=204)


@router.get("/search/suggestions")
async def suggestions(desk: CurrentDesk, q: Typed = "") -> Response:
    """The list below the field, as one types."""
    found = await run_in_threadpool(suggested, desk, q)
    return HTMLResponse(render.fragment("search_suggestions.html", found=[one.text for one in found]))


def _row(one: Found, *, explained: bool) -> dict[str, Any]:
    why = sorted(one.hit.why.items(), key=lambda each: -abs(each[1])) if one.hit and explained else []
    return {
        "id": one.article.number,
        "title": one.article.question,
        "short": one.article.short_answer,
        "highlights": _beyond(one.article.short_answer, one.hit.highlights if one.hit else ""),
        "state": one.state if explained and one.state != "有效" else "",
        "score": one.hit.score if one.hit else 0.0,
        "relevance": one.hit.relevance if one.hit else 0.0,
        "why": [(FEATURES.get(name, name), share) for name, share in why],
    }


def _beyond(short: str, highlights: str) -> str:
    """The passage found, unless it is the short answer that stands above it; without the marks of Markdown."""
    plain = unescape(_TAG.sub("", highlights)).strip("… ")
    if plain[: min(20, len(short))] in short:
        return ""
    return _CUT.sub("…", _BOLD.sub("", _MARKDOWN.sub(" ", highlights)))


def _facets(
    district: District, answer: Answer, chosen: dict[str, str], *, states: bool
) -> list[tuple[str, list[Choice]]]:
    """Each kind by which the found ones can be told apart, with its values; residents and agents find one state."""
    units = district.units
    kinds: list[tuple[str, str, Sequence[Facet], Callable[[str], str]]] = [
        ("category", "分类", answer.categories, lambda code: district.taxonomy.path(code)[-1]),
        ("unit", "单位", answer.units, lambda code: units.name_of(code) or code),
    ]
    if states:
        kinds.append(("state", "状态", answer.states, str))
    made = []
    for name, label, facets, words in kinds:
        if len(facets) > 1 or chosen[name]:
            choices = [
                Choice(
                    words(each.value),
                    each.count,
                    _address(chosen | {name: "" if chosen[name] == each.value else each.value}),
                    chosen[name] == each.value,
                )
                for each in facets[:MOST_FACETS]
            ]
            made.append((label, choices))
    return made


def _address(chosen: dict[str, str]) -> str:
    return "/search?" + urlencode({name: value for name, value in chosen.items() if value})
