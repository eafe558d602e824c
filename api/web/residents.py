"""The pages of residents: one person with his history, joins and rights; and the requests about personal data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import opening, person_copy, resident_views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from casework import confidential, joining, person_requests, resident_history, residents, tickets, wishes
from casework.actors import DESK
from casework.reading import MAY_OPEN
from casework.resident_history import PersonView
from channels.registry import CHANNELS

router = APIRouter()
DONE = {
    "joined": "已归并，可在下方撤销",
    "undone": "已撤销归并",
    "verified": "已登记核实的电话",
    "wishes": "已保存联系意愿",
    "asked": "已提交申请，等待督办人员或管理员审批",
}
Words = Annotated[str, Form(max_length=500)]


async def _write(desk: Desk, work: Callable[[Session], str]) -> RedirectResponse:
    """Do the work in one transaction and go to the address it gives."""

    def run() -> str:
        with desk.database.write.begin() as session:
            return work(session)

    return RedirectResponse(await run_in_threadpool(run), 303)


@router.get("/residents/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """One resident; that he was shown is on record."""

    def read() -> HTMLResponse:
        role = who.actor.role
        with desk.database.write.begin() as session:
            resident = resident_views.shown(session, desk, who.actor, key, now=desk.now())
        return render.page(
            request,
            "resident.html",
            who,
            resident=resident,
            done=DONE.get(done, ""),
            may_join=role in DESK,
            may_wish=role in wishes.SETS,
            may_ask=role in person_requests.ASKS,
            proofs=joining.PROOFS | {joining.CODE: "本人输入了验证码"},
            choosable=joining.PROOFS,
            grounds=desk.district.retention.grounds,
            lines=[name for name in CHANNELS if name != "city"],
            night=wishes.NIGHT,
            may_open=role in MAY_OPEN and not resident["person_shown"] and not resident["erased_at"],
            opening_reasons=opening.REASONS,
        )

    return await run_in_threadpool(read)


@router.post("/residents/{key}/person")
async def open_person(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=opening.LONGEST)] = "",
) -> Response:
    """Have him shown to a supervisor (显示), on record with his reason."""

    def work(session: Session) -> str:
        found = resident_history.look(session, who.actor, key).resident
        opening.open_resident(session, who.actor, found.id, opening.why(reason, text), now=desk.now())
        return f"/residents/{found.id}"

    return await _write(desk, work)


@router.post("/residents/{key}/join")
async def join(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    lost: Annotated[str, Form(max_length=40)],
    proof: Annotated[str, Form(max_length=20)],
    reason: Words = "",
) -> Response:
    """归并, for who decides it."""

    def work(session: Session) -> str:
        made = joining.join(
            session,
            desk.district,
            key,
            lost.strip(),
            proof=proof,
            actor=who.actor,
            now=desk.now(),
            reason=reason,
        )
        return f"/residents/{made.kept_id}?done=joined"

    return await _write(desk, work)


@router.post("/resident-joins/{key}/undo")
async def undo(key: str, desk: CurrentDesk, who: CurrentVisitor, reason: Words = "") -> Response:
    """撤销归并."""

    def work(session: Session) -> str:
        found = joining.unjoin(session, desk.district, key, actor=who.actor, now=desk.now(), reason=reason)
        return f"/residents/{found.kept_id}?done=undone"

    return await _write(desk, work)


@router.post("/residents/{key}/phone")
async def verify(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    phone: Annotated[str, Form(max_length=40)],
    reason: Words = "",
) -> Response:
    """核实电话."""

    def work(session: Session) -> str:
        found, number = joining.get(session, key), residents.mobile(phone)
        joining.verify_phone(session, found, number, actor=who.actor, now=desk.now(), reason=reason)
        return f"/residents/{found.id}?done=verified"

    return await _write(desk, work)


@router.post("/residents/{key}/wishes")
async def wish(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    quiet_from: Annotated[str, Form(max_length=5)] = "",
    quiet_until: Annotated[str, Form(max_length=5)] = "",
    channel: Annotated[str, Form(max_length=20)] = "",
    language: Annotated[str, Form(max_length=30)] = "",
    hearing: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """Write down how he wishes to be spoken to."""
    # 退订 is his own act, by a message: what the desk writes down here leaves it as it is.
    hours = {"from": quiet_from, "until": quiet_until} if quiet_from or quiet_until else None
    given = {"no_calls": hours, "channel": channel, "language": language, "hearing": hearing}

    def work(session: Session) -> str:
        found = joining.get(session, key)
        left = {"no_notices": found.wishes.get("no_notices")}
        wishes.keep(session, found, given | left, actor=who.actor, now=desk.now())
        return f"/residents/{found.id}?done=wishes"

    return await _write(desk, work)


@router.post("/residents/{key}/requests")
async def ask(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    kind: Annotated[Literal["export", "erasure"], Form()],
    proof: Words = "",
    ground: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Write down what he asks of his data."""

    def work(session: Session) -> str:
        found = joining.get(session, key)
        person_requests.ask(
            session, desk.district, found, kind, proof=proof, ground=ground, actor=who.actor, now=desk.now()
        )
        return f"/residents/{found.id}?done=asked"

    return await _write(desk, work)


@router.get("/person-requests")
async def waiting(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """What waits for a decision."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = person_requests.pending(session, who.actor)
            sees, now = PersonView.of(who.actor), desk.now()
            rows = [resident_views.request_json(desk, sees, who.actor, each, now=now) for each in found]
            may = who.actor.role in person_requests.DECIDES
            return render.page(request, "person_requests.html", who, rows=rows, may_decide=may, receipt="")

    return await run_in_threadpool(read)


@router.post("/person-requests/{key}")
async def decide(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    approve: Annotated[Literal["yes", "no"], Form()],
    text: Words = "",
    confirm: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """Approve or refuse; the receipt of an erasure is shown here and never again."""

    def work() -> Response:
        with desk.database.write.begin() as session:
            found = person_requests.get(session, key)
            receipt = person_requests.decide(
                session,
                desk.district,
                found,
                approve=approve == "yes",
                actor=who.actor,
                now=desk.now(),
                text=text,
                confirmed=confirm,
            )
        if not receipt:
            return RedirectResponse("/person-requests", 303)
        return render.page(request, "person_requests.html", who, rows=[], may_decide=True, receipt=receipt)

    return await run_in_threadpool(work)


@router.get("/person-requests/{key}/copy")
async def copy(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The approved copy, for who hands it to the resident."""
    return await run_in_threadpool(person_copy.fetch, desk, key, who.actor)


@router.post("/tickets/{key}/confidential")
async def keep_confidential(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    confidential_: Annotated[Literal["yes", "no"], Form(alias="confidential")],
    reason: Words = "",
) -> Response:
    """保密 on one ticket, or its end."""

    def work(session: Session) -> str:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        if confidential_ == "yes":
            confidential.ask(session, desk.district, ticket, actor=who.actor, now=desk.now())
        else:
            confidential.lift(session, desk.district, ticket, actor=who.actor, now=desk.now(), reason=reason)
        return f"/tickets/{ticket.number}"

    return await _write(desk, work)
