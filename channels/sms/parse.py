"""The provider's calls into messages: texts of residents (上行), and receipts (状态报告) of what we sent."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.cleaning import clean_line, tidy
from channels.errors import ChannelMisconfigured, UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Parsed, Refused, Report, Sender
from channels.sms.callback import contents
from channels.sms.filling import look, word
from channels.sms.provider import Callback, ReceiptFields, ReplyFields, callback_of
from channels.sms.statuses import words_of

NAME = "sms"
MOST = 1000
"""Items of one call; providers send a hundred."""
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_STOP = frozenset({"T", "TD", "退订", "N"})
"""Words that take a number off the provider's list (网间短信退订): no matter, alone in a text."""
_ZONE = ZoneInfo("Asia/Shanghai")
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M")


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Make one call into what it brings, item by item; one that cannot be taken is refused by itself.

    Raises ``UnreadableMessage``.
    """
    try:
        _, back = callback_of(account)
    except ChannelMisconfigured as problem:
        raise UnreadableMessage(problem.setting, f"账号设置不全，读不了回调：{problem.why}") from problem
    given = contents(payload, back)
    items = look(given, back.items)
    items = [items] if isinstance(items, dict) else items
    if not isinstance(items, list) or not items:
        raise UnreadableMessage(back.items, "没有状态报告，也没有上行短信")
    if len(items) > MOST:
        raise UnreadableMessage(back.items, f"一次超过 {MOST} 条")
    kind = word(look(given, back.kind.path)) if back.kind else ""
    return [_item(item, number, kind, back, account) for number, item in enumerate(items, start=1)]


def mobile(text: str) -> str:
    """The mainland mobile number of a text that is nothing else, or empty."""
    found = _MOBILE.fullmatch(re.sub(r"[\s-]", "", text))
    return found[1] if found else ""


def _item(item: Any, number: int, kind: str, back: Callback, account: Account) -> Parsed:
    try:
        reply, receipt = back.reply, back.receipt
        if back.kind is not None and kind not in {back.kind.receipts, back.kind.replies}:
            raise UnreadableMessage(back.kind.path, "不是状态报告，也不是上行短信")
        if back.kind is not None:
            reply, receipt = (reply, None) if kind == back.kind.replies else (None, receipt)
        if receipt is not None and word(look(item, receipt.status)):
            return _receipt(item, receipt, back, account)
        if reply is not None:
            return _reply(item, reply, account)
        raise UnreadableMessage(receipt.status if receipt else "", "没有状态")
    except UnreadableMessage as problem:
        digest = hashlib.sha256(repr(item).encode("utf-8", "replace")).hexdigest()[:32]
        return Refused(NAME, account.name, f"item:{digest}", number, problem.where, problem.why)


def _needed(item: Any, path: str, longest: int) -> str:
    found = clean_line(word(look(item, path)), longest + 1)
    if not found or len(found) > longest:
        raise UnreadableMessage(path, "为空或过长")
    return found


def _reply(item: Any, of: ReplyFields, account: Account) -> Parsed:
    identifier, given = _needed(item, of.id, 100), _needed(item, of.phone, 40)
    text, at = tidy(word(look(item, of.text))), word(look(item, of.at)) if of.at else ""
    delivery = f"reply:{identifier}"
    phone = mobile(given)
    if not phone:
        # A service number's advertisements, and its machines: nobody there is a resident.
        return Ignored(NAME, account.name, delivery, "来自服务号码的短信，不是居民手机")
    moment = _moment(at)
    notes = ("短信平台给出的时间无法识别",) if at and moment is None else ()
    sender = Sender(phone, phone=phone)
    if text.upper().strip(" .。!！") in _STOP:
        return InboundMessage(
            NAME, account.name, delivery, "event", sender, external_id=identifier, event="unsubscribe", sent_at=moment
        )
    if not text:
        return Ignored(NAME, account.name, delivery, "空白短信")
    return InboundMessage(
        NAME, account.name, delivery, "text", sender, external_id=identifier, text=text, sent_at=moment, notes=notes
    )


def _receipt(item: Any, of: ReceiptFields, back: Callback, account: Account) -> Parsed:
    identifier, status = _needed(item, of.id, 100), _needed(item, of.status, 40)
    at = clean_line(word(look(item, of.at)), 40) if of.at else ""
    report = Report(
        "delivered" if status in back.delivered else "unknown" if status in back.unknown else "failed",
        words_of(status, back.words),
        "blocked" if status in back.gone else "",
        reference=clean_line(word(look(item, of.reference)), 64) if of.reference else "",
    )
    return InboundMessage(
        NAME,
        account.name,
        f"receipt:{identifier}:{status}:{at}"[:200],
        "event",
        Sender("operator"),  # whose number it is stands on the delivery already
        external_id=identifier,
        event="receipt",
        sent_at=_moment(at),
        thread=(identifier,),
        automatic="receipt",
        report=report,
    )


def _moment(text: str) -> datetime | None:
    """A time of the provider's, of Asia/Shanghai where it names no zone; None where it cannot be read."""
    if text.isascii() and text.isdigit() and len(text) in {10, 13}:
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=_ZONE).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
