"""自动派单: what the desk would have sent or sends by itself, category by category, with the switches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.errors import NotFound
from api.web import render
from casework import automatic, automatic_figures, spot_checks, tickets
from casework.automatic_figures import Figures, per_cent_down, plain
from casework.errors import UnknownCategory
from casework.reading import Reader
from district.automatic import AutomaticRules
from district.pack import District

router = APIRouter()
PAGE = 50
SHOWN_TURNS = 20

Show = Literal["all", "on", "qualifies"]
SHOWS: dict[Show, str] = {"all": "有数据的分类", "on": "已开启", "qualifies": "够条件未开启"}
FIGURE_LABELS = {
    "shadow": "对照",
    "shadow_right": "对照一致",
    "shadow_wrong": "对照不一致",
    "automatic": "自动派出",
    "reviewed": "已判定",
    "wrong": "判定有误",
    "waiting": "待抽查",
}
OUTCOME_LABELS = {"right": "无误", "wrong": "有误", "open": "未判定"}


def _line(district: District, found: Figures) -> dict[str, Any]:
    lower, upper = found.bounds
    *above, name = district.taxonomy.path(found.category)
    return {
        "code": found.category,
        "name": name,
        "above": " / ".join(above),
        "figures": found,
        "precision": per_cent_down(found.precision) if found.precision is not None else "",
        "lower": per_cent_down(lower),
        "upper": f"{upper * 100:.1f}",
        "reviewed_precision": per_cent_down(found.reviewed_precision) if found.reviewed_precision is not None else "",
        "lacks": automatic_figures.missing(district.automatic, found),
    }


def _fits(show: Show, line: dict[str, Any]) -> bool:
    is_on = line["figures"].is_on
    return show == "all" or (is_on if show == "on" else not is_on and not line["lacks"])


@router.get("/automatic")
async def show_all(request: Request, desk: CurrentDesk, who: CurrentVisitor, show: Show = "all") -> Response:
    """All categories with figures: those that are on first, then by how many were decided."""
    automatic.check_may_see(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = automatic_figures.figures(session)
            turns = automatic_figures.history(session, limit=SHOWN_TURNS)
        ordered = sorted(found.values(), key=lambda each: (not each.is_on, -each.shadow, each.category))
        lines = [_line(desk.district, each) for each in ordered]
        return render.page(
            request,
            "automatic.html",
            who,
            lines=[line for line in lines if _fits(show, line)],
            show=show,
            shows=[(name, label, sum(_fits(name, line) for line in lines)) for name, label in SHOWS.items()],
            may_turn=who.actor.role in automatic.TURNS,
            rules=_rules(desk.district.automatic),
            turns=turns,
            name_of=lambda category: " / ".join(desk.district.taxonomy.path(category)),
        )

    return await run_in_threadpool(read)


def _rules(rules: AutomaticRules) -> dict[str, str]:
    shares = {name: plain(getattr(rules, name) * 100) for name in ("target", "floor", "share")}
    return shares | {name: str(getattr(rules, name)) for name in ("shadow_decisions", "first", "window")}


@router.get("/automatic/{category}")
async def behind(
    category: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    figure: Annotated[str, Query(max_length=20)] = "shadow",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The tickets behind one number of a category."""
    automatic.check_may_see(who.actor)
    if category not in desk.district.taxonomy:
        raise UnknownCategory(category)
    if figure not in FIGURE_LABELS:
        raise NotFound(f"没有“{figure}”这个数")

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = automatic_figures.figures(session, category=category)[category]
            rows, cursor = automatic_figures.behind(session, category, figure, after=after, limit=PAGE)
            reader = Reader(desk.district, who.actor)
            return render.page(
                request,
                "automatic_behind.html",
                who,
                rows=rows,
                next=cursor,
                paged=bool(after),
                filters={"figure": figure},
                figure=figure,
                labels=FIGURE_LABELS,
                line=_line(desk.district, found),
                outcomes=OUTCOME_LABELS,
                name_of=lambda code: desk.district.taxonomy.path(code)[-1],
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
            )

    return await run_in_threadpool(read)


@router.post("/automatic/{category}")
async def turn(
    category: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    on: Annotated[bool, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
    show: Annotated[Show, Form()] = "all",
) -> Response:
    """Turn a category's switch."""

    def work() -> None:
        with desk.database.write.begin() as session:
            automatic.turn(session, desk.district, category, on=on, reason=reason, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    shown = "all" if show == "qualifies" else show  # it qualifies no more: it is on
    return RedirectResponse(f"/automatic?show={shown}#c{category}", 303)


@router.post("/tickets/{key}/spot-check")
async def spot_check(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    verdict: Annotated[Literal["right", "wrong"], Form()],
) -> Response:
    """Review an automatic dispatch: a right one leads to the next of the sample, a wrong one stays to be mended."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            number, decided = ticket.number, ticket.id
            if verdict == "wrong":
                spot_checks.reject(session, desk.district, ticket, actor=who.actor, now=desk.now())
                return f"/tickets/{number}"
            spot_checks.confirm(session, desk.district, ticket, actor=who.actor, now=desk.now())
        with desk.database.read() as session:
            following = spot_checks.following(session, besides=decided)
        return f"/tickets/{following.number}" if following else "/tickets?queue=1&sample=1"

    return RedirectResponse(await run_in_threadpool(work), 303)
