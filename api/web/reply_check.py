"""答复体检 on the pages: as the answer is typed, and once more before it goes out with warnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.reply_views import kinds, unseen
from api.web import render
from casework import lifecycle, replies, requests, rules, tickets
from casework.reading import Reader
from casework.reply_check import ReplyWarning
from casework.tables import Case
from casework.tables import Request as Asked

router = APIRouter()
BLANK = "blank"
"""The kind of warning that keeps an answer back."""


@router.post("/cases/{key}/reply-check")
async def look_over(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    text: Annotated[str, Form(max_length=5000)] = "",
    answer: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """The warnings about what is in the answer's field (``answer``: where its approver changes it)."""

    def read() -> HTMLResponse:
        words = (answer or text).strip()
        with desk.database.read() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            found = replies.look_over(desk.district, case, words, actor=who.actor, now=desk.now())
        html = render.fragment("reply_warnings.html", **shown(found, words))
        return HTMLResponse(html, headers={"cache-control": "no-store"})

    return await run_in_threadpool(read)


def shown(warnings: Sequence[ReplyWarning], words: str) -> dict[str, Any]:
    """What the partial of the warnings is drawn from."""
    words = words.strip()
    told = [(each, words[each.start : each.end] if each.start is not None else "") for each in warnings]
    blanks = any(each.kind == BLANK for each in warnings)
    return {"warnings": told, "kinds": kinds(warnings), "checked": bool(words), "blanks": blanks}


def of_request(desk: Desk, reader: Reader, request: Asked, *, decides: bool = True) -> dict[str, Any]:
    """An answer that waits for approval, as whoever decides it sees it; empty for others and other requests.

    The text is the officer's own, to be changed and sent: masked, what was masked would go out.
    """
    if not decides or request.kind != requests.ANSWER:
        return {}
    found = replies.look_over(desk.district, request.case, request.text, actor=reader.actor, now=desk.now())
    record = reader.on(request.case).text(request.record)
    return {"text": request.text, "record": record} | shown(found, request.text)


Find = Callable[[Session], tuple[Case, str] | None]
"""Gives the case and the words that would go out; None where nothing would, and the act itself says why."""


def answering(desk: Desk, who: Visitor, key: str, text: str) -> Find:
    """What would go out, or up for approval, by an answer of this visitor's."""

    def find(session: Session) -> tuple[Case, str] | None:
        case = tickets.get_case(session, desk.district, key, who.actor)
        may = any(
            move.name == requests.ANSWER for move in lifecycle.case_moves(session, desk.district, case, who.actor)
        )
        return (case, text) if may else None

    return find


def approving(desk: Desk, who: Visitor, key: str, changed: str) -> Find:
    """What would go out by this visitor's approval."""

    def find(session: Session) -> tuple[Case, str] | None:
        asked = requests.get(session, key)
        if asked.kind != requests.ANSWER or asked.state != "pending":
            return None
        case = tickets.get_case(session, desk.district, asked.case_id, who.actor)
        kind = requests.kind_of(rules.of(session, desk.district, case).workflow, asked.kind)
        may = requests.may_decide(session, desk.district, case, kind, who.actor, now=desk.now())
        return (case, changed.strip() or asked.text) if may else None

    return find


async def ask_again(
    request: Request,
    desk: Desk,
    who: Visitor,
    find: Find,
    given: dict[str, str],
) -> Response | None:
    """The page that asks once more, where warnings stand that the writer has not seen, or blanks; None: it may go.

    ``given`` is the form.
    """

    def read() -> HTMLResponse | None:
        with desk.database.read() as session:
            found = find(session)
            if found is None:
                return None
            case, words = found
            warnings = replies.look_over(desk.district, case, words, actor=who.actor, now=desk.now())
            blanks = any(each.kind == BLANK for each in warnings)
            if not blanks and not unseen(warnings, given.get("despite", "")):
                return None
            kept = {name: value for name, value in given.items() if name not in ("csrf", "despite", "text", "answer")}
            field = "answer" if "verdict" in given else "text"
            remark = given.get("text", "") if field == "answer" else None
            return render.page(
                request,
                "reply_check.html",
                who,
                422 if blanks else 200,
                case=case,
                action=request.url.path,
                field=field,
                words=words,
                kept=kept,
                remark=remark,
                **shown(warnings, words),
            )

    return await run_in_threadpool(read)
