"""Plays the pack's sample messages through each channel's real parser, once.

History happens in the pack's fictional period: messages arrive, are judged, dispatched, answered and called back at
those times, so that rates and clocks have something to say whatever the day. A few messages arrive now, for the
queue. What was said to residents in history counts as sent: no stand-in was there to take it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import pipeline
from api.desk import Desk
from api.intake_files import Report, take_batch
from casework import acts, callbacks, desk_work
from casework.actors import Actor, CallbackResult, Given
from casework.errors import CaseworkError
from casework.tables import Ticket
from channels.message import Account
from district.schemas import Role
from storage import audit, deliveries
from storage.audit import AuditRow
from storage.deliveries import Delivery

Say = Callable[[str], None]
PLAYED = "demo_played"
FRESH = 6
"""Messages of each channel that arrive now and wait in the queue."""

DISPATCHER = Actor("demo-dispatcher", "派单员·何立", Role.DISPATCHER)
CALLER = Actor("demo-callback", "回访员·许静", Role.CALLBACK_AGENT)
ANSWERS = (
    "您好，我单位已派人到现场核实，问题属实，已于当日处理完毕，并安排专人每周巡查。感谢您的监督。",
    "您好，经与您电话沟通，已说明办理条件和所需材料，您可到街道便民服务中心窗口办理，无需再跑区里。",
    "您好，施工单位已按要求整改，现场已清理恢复。如再次发现，请随时与我们联系。",
    "您好，设备故障已修复，今天下午恢复正常。给您带来不便，敬请谅解。",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload as its channel delivers it, and when."""

    account: Account
    payload: bytes
    at: datetime


def play(desk: Desk, say: Say) -> None:
    """Play the samples; a home that has played keeps what is there."""
    with desk.database.read() as session:
        if session.scalar(select(AuditRow.id).where(AuditRow.act == PLAYED).limit(1)) is not None:
            return
    samples = sorted([*_chats(desk), *_letters(desk)], key=lambda sample: sample.at)
    if not samples:
        return
    say(f"播放样例消息 {len(samples)} 条……")
    _history(desk, samples, say)
    _today(desk, samples)
    with desk.database.write.begin() as session:
        audit.record(
            session, actor="system", role="system", act=PLAYED, subject="pack", subject_id="demo", now=desk.now()
        )


def _account(desk: Desk, channel: str) -> Account:
    return desk.account(channel, "demo") or Account(channel, "demo")


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def _chats(desk: Desk) -> Iterator[Sample]:
    account = _account(desk, "wechat")
    for row in _lines(desk.district.folder / "samples" / "chats.jsonl"):
        at = datetime.fromisoformat(row["time"])
        yield Sample(account, wechat_xml(row, at), at)


def wechat_xml(row: dict[str, Any], at: datetime) -> bytes:
    """A sample chat message as WeChat would deliver it, decrypted."""
    kind = row.get("kind", "text")
    parts = {
        "ToUserName": "gh_demo_yuquan",
        "FromUserName": row["sender"],
        "CreateTime": str(int(at.timestamp())),
        "MsgType": kind,
    }
    text = str(row.get("text", ""))
    match kind:
        case "text":
            parts["Content"] = text
        case "voice":
            parts |= {"MediaId": f"media-{row['id']}", "Format": "amr", "Recognition": text}
        case "image":
            parts |= {"PicUrl": "", "MediaId": f"media-{row['id']}"}
        case "location":
            parts |= {"Location_X": "39.90", "Location_Y": "116.36", "Scale": "16", "Label": text}
        case "event":
            parts["Event"] = text or "subscribe"
    if kind != "event":
        parts["MsgId"] = str(row.get("msg_id") or _number(str(row["id"])))
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items())
    return f"<xml>{body}</xml>".encode()


def _number(name: str) -> int:
    return int.from_bytes(name.encode()[-7:].rjust(7, b"\0"), "big")


def _letters(desk: Desk) -> Iterator[Sample]:
    account = _account(desk, "mailbox")
    for file in sorted((desk.district.folder / "samples" / "letters").glob("*.eml")):
        payload = file.read_bytes()
        date = message_from_bytes(payload, policy=policy.compat32)["Date"]
        if date:
            yield Sample(account, payload, parsedate_to_datetime(str(date)))


def _history(desk: Desk, samples: list[Sample], say: Say) -> None:
    """Everything at its own time. The desk's clock is set to the sample's for as long as it is played."""
    clock = desk.now
    dice = random.Random(20260301)  # noqa: S311  the same history on every machine
    try:
        for number, sample in enumerate(samples, 1):
            desk.now = lambda at=sample.at: at  # type: ignore[misc]
            report = Report()
            take_batch(desk, sample.account, [("sample", sample.payload)], report)
            for receipt in report.receipts:
                if receipt.ticket_id and receipt.outcome == "accepted":
                    _handle(desk, receipt.ticket_id, sample.at, dice)
            if number % 40 == 0:
                say(f"  {number}/{len(samples)}")
    finally:
        desk.now = clock


def _handle(desk: Desk, ticket_id: str, at: datetime, dice: random.Random) -> None:
    """From the suggestion to the callback, as a desk would on an ordinary day; some end otherwise."""
    with desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.state not in ("assessed", "on_case") or (ticket.case is not None and ticket.case.state != "open"):
            _count_as_sent(session, at)
            return
        try:
            case = desk_work.accept(session, desk.district, ticket, actor=DISPATCHER, now=at + timedelta(minutes=9))
        except CaseworkError:
            session.rollback()
            return
        if case.state != "dispatched":
            return
        lead = Actor(f"demo-lead-{case.lead_unit}", "承办单位负责人", Role.UNIT_LEAD, case.lead_unit)
        given = Given(text=dice.choice(ANSWERS))
        signed = at + timedelta(hours=dice.choice((1, 2, 3)))
        answered = at + timedelta(hours=dice.choice((5, 20, 44, 70, 200)))
        acts.perform(session, desk.district, case, "sign", actor=lead, now=signed)
        contacted = Given(text="已电话联系居民了解情况")
        acts.perform(session, desk.district, case, "contact", actor=lead, now=signed, given=contacted)
        acts.perform(session, desk.district, case, "answer", actor=lead, now=answered, given=given)
        _count_as_sent(session, answered)
    _call_back(desk, ticket_id, answered + timedelta(hours=20), dice)


def _call_back(desk: Desk, ticket_id: str, at: datetime, dice: random.Random) -> None:
    solved = dice.random() < 0.9
    result = CallbackResult(
        reached=True,
        contacted=dice.random() < 0.95,
        resolved=solved,
        satisfaction=dice.choice(("satisfied", "satisfied", "basically_satisfied")) if solved else "dissatisfied",
    )
    with desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.state == "told":
            callbacks.record(session, desk.district, ticket, result, actor=CALLER, now=at)
        _count_as_sent(session, at)


def _count_as_sent(session: Session, at: datetime) -> None:
    session.flush()
    for delivery in session.scalars(select(Delivery).where(Delivery.state == "queued", Delivery.due_at <= at)):
        deliveries.mark_sent(session, delivery.id, by="demo", platform_id=f"demo:{delivery.id}", now=at)


def _today(desk: Desk, samples: list[Sample]) -> None:
    """A few of the same voices again, now, by other people: the queue has work in it."""
    dice = random.Random(20260531)  # noqa: S311
    chats = [sample for sample in samples if sample.account.channel == "wechat" and b"<Content>" in sample.payload]
    for number, sample in enumerate(dice.sample(chats, min(FRESH, len(chats)))):
        at = desk.now() - timedelta(minutes=3 * (FRESH - number))
        row = _row_of(sample.payload)
        payload = wechat_xml({"id": f"now{number}", "sender": f"demo_today_{number:02d}", "text": row}, at)
        pipeline.take(desk, sample.account, payload, source="demo")
    with desk.database.write.begin() as session:
        _count_as_sent(session, desk.now())


def _row_of(payload: bytes) -> str:
    from channels.registry import CHANNELS

    parsed = CHANNELS["wechat"].parse(payload, Account("wechat", "demo"))
    return getattr(parsed[0], "text", "")
