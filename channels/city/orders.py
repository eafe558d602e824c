"""What the city's platform states about an order, made into messages: the order itself, and what is done to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any

from channels.city import numbers, words
from channels.city.numbers import NumberUnfit
from channels.cleaning import clean_file_name, clean_line, tidy
from channels.message import (
    Account,
    Attachment,
    CityOrder,
    CityRuling,
    CityVerdict,
    GeoPoint,
    InboundMessage,
    Sender,
)
from channels.sheets import moments, phones
from channels.sheets.moments import MomentUnclear
from channels.sheets.phones import PhoneUnfit
from channels.sheets.table import Formula, Unfit, Value, is_blank, shown
from district.city import path_of
from district.sheets import bare_heading

NAME = "city"
LONGEST_TEXT, MOST_FILES = 20_000, 20
_SAID_OF = {"withdraw": "市平台撤回了这件工单", "urge": "市平台催办", "decision": "市平台批复", "verdict": "市平台回访"}


class OrderUnfit(Exception):
    """The order cannot be taken. ``where`` is the field as the platform calls it, ``why`` Chinese and shown."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


@dataclass(frozen=True, slots=True)
class Stated:
    """One object of a push or one row of a sheet, by field.

    ``called`` is what the platform calls each field, ``beside`` what stands under no name that is known. ``listed``: a
    row of an export, which states the order beside what was done to it.
    """

    values: Mapping[str, Value]
    called: Mapping[str, str]
    meanings: Mapping[str, str]
    files: Sequence[Mapping[str, Any]] = ()
    beside: Sequence[tuple[str, str]] = ()
    epoch_1904: bool = False
    listed: bool = False
    notes: list[str] = field(default_factory=list)

    def number(self) -> str:
        """The city's number of the order. Raises ``OrderUnfit``."""
        self._said(words.NUMBER)
        try:
            return numbers.read(self.values.get(words.NUMBER), in_sheet=self.listed)
        except NumberUnfit as problem:
            raise self.unfit(words.NUMBER, problem.why) from None

    def line(self, name: str, most: int = 200) -> str:
        """A field as one line of text, cut at ``most`` characters. Raises ``OrderUnfit`` for formulas and errors."""
        return clean_line(self._said(name), 40_000)[:most]

    def _said(self, name: str) -> str:
        value = self.values.get(name)
        if isinstance(value, Formula | Unfit) or (isinstance(value, str) and value.lstrip().startswith("=")):
            raise self.unfit(name, f"是“{clean_line(shown(value), 30)}”，不是写下的内容")
        return shown(value)

    def text(self, name: str) -> str:
        """A field of several lines. Raises ``OrderUnfit``."""
        found = tidy(self._said(name)).strip("\u3000 \n")
        if len(found) > LONGEST_TEXT:
            raise self.unfit(name, f"超过 {LONGEST_TEXT} 字")
        return found

    def moment(self, name: str, *, ends: bool = False) -> datetime | None:
        """A time; one that ``ends`` something and names only a day means the end of that day. Raises ``OrderUnfit``."""
        value = self.values.get(name)
        if is_blank(value):
            return None
        try:
            found = moments.read(value, epoch_1904=self.epoch_1904)
        except MomentUnclear as problem:
            raise self.unfit(name, problem.why) from None
        if ends and found.clock is None:
            return datetime.combine(found.day, time(23, 59, 59), moments.CHINA)
        return found.at

    def truth(self, name: str) -> bool | None:
        """Yes or no; None where nothing is said. Raises ``OrderUnfit`` for any other word."""
        return {"yes": True, "no": False, "": None}[self.meaning(name, "yes", "no")]

    def meaning(self, name: str, *possible: str) -> str:
        """Which of the possible meanings the field's word has; empty where nothing is said. Raises ``OrderUnfit``."""
        word = self.line(name, 40)
        if not word:
            return ""
        found = self.meanings.get(bare_heading(word), "")
        if found == "nothing":
            return ""
        if found not in possible:
            raise self.unfit(name, f"“{word}”不认识，可在 city.yaml 的 values 中补充")
        return found

    def unfit(self, name: str, why: str) -> OrderUnfit:
        """That this field cannot be taken."""
        return OrderUnfit(self.called.get(name, name), why)


def messages(stated: Stated, account: Account) -> Iterator[InboundMessage]:
    """The order or the act upon it; an order that comes with its verdict (a row of an export) gives both.

    Raises ``OrderUnfit``.
    """
    number = stated.number()
    act = stated.meaning(words.ACT, *words.ACTS) or "issue"
    verdict = _verdict(stated)
    has_contents = bool(stated.line(words.TITLE) or stated.text(words.TEXT))
    if act == "issue" or (act == "verdict" and stated.listed and has_contents):
        yield _issued(stated, account, number)
    if act != "issue" or verdict is not None:
        yield _acted(stated, account, number, "verdict" if act == "issue" else act, verdict)


def _issued(stated: Stated, account: Account, number: str) -> InboundMessage:
    title, text, place = stated.line(words.TITLE), stated.text(words.TEXT), stated.line(words.PLACE, 300)
    if not title and not text:
        raise stated.unfit(words.TEXT, "没有诉求内容")
    if place and place not in text:
        text = f"{text}\n地点：{place}".lstrip()
    phone = _phone(stated)
    order = CityOrder(
        number=number,
        act="issue",
        revision=_revision(stated),
        category=path_of("/".join(filter(None, (stated.line(each, 120) for each in _LEVELS)))),
        deadline=stated.moment(words.DEADLINE, ends=True),
        may_return=stated.truth(words.MAY_RETURN) is not False,
        return_until=stated.moment(words.RETURN_UNTIL, ends=True),
    )
    return _message(
        account,
        order,
        text=text,
        title=title,
        sender=Sender(phone or f"order:{number}", stated.line(words.NAME, 60), phone),
        sent_at=stated.moment(words.ACCEPTED_AT),
        place=_place(stated),
        attachments=_files(stated),
        notes=tuple(_told(stated, order)),
    )


_LEVELS = (words.CATEGORY, words.CATEGORY_2, words.CATEGORY_3)


def _acted(stated: Stated, account: Account, number: str, act: str, verdict: CityVerdict | None) -> InboundMessage:
    ruling = _ruling(stated) if act == "decision" else None
    if act == "verdict" and verdict is None:
        raise stated.unfit(words.RESOLVED, "回访结果里没有是否解决、是否满意")
    order = CityOrder(number=number, act=act, revision=_revision(stated), verdict=verdict, ruling=ruling)  # type: ignore[arg-type]
    reason = verdict.text if verdict is not None else stated.text(words.REASON)
    said = f"{_SAID_OF[act]}：{reason}" if reason else _SAID_OF[act]
    at = stated.moment(words.AT)
    return _message(account, order, text=said, sender=Sender(f"order:{number}"), sent_at=at)


def _message(account: Account, order: CityOrder, *, text: str, sender: Sender, **beside: Any) -> InboundMessage:
    """``delivery_id`` is the act, the number, the revision and a digest of what is said: the same said twice is one."""
    issued = order.act == "issue"
    made = InboundMessage(
        channel=NAME,
        account=account.name,
        delivery_id="-",
        external_id=order.number if issued else f"{order.act}:{order.number}",
        kind="text" if issued else "event",
        event="" if issued else order.act,
        sender=sender,
        text=text,
        order=order,
        **beside,
    )
    return _named(made, order)


def _named(made: InboundMessage, order: CityOrder) -> InboundMessage:
    said = repr((order, made.sender, made.title, made.text, made.place, made.attachments, made.sent_at))
    digest = hashlib.sha256(said.encode()).hexdigest()[:24]
    return replace(made, delivery_id=f"{order.act}:{order.number}:{order.revision}:{digest}")


def _revision(stated: Stated) -> int:
    written = stated.line(words.REVISION, 12)
    if not written:
        return 0
    if not (written.isascii() and written.isdigit() and len(written) <= 6):
        raise stated.unfit(words.REVISION, f"“{written}”不是版次")
    return int(written)


def _phone(stated: Stated) -> str:
    """The number to call; one that is hidden (138****0000) or spoilt is told and not taken: the matter stands."""
    value = stated.values.get(words.PHONE)
    if is_blank(value):
        return ""
    written = stated.line(words.PHONE, 60)
    if "*" in written:
        return ""
    try:
        return phones.read(value)[0]
    except PhoneUnfit as problem:
        stated.notes.append(f"电话：{problem.why}")
        return ""


def _place(stated: Stated) -> GeoPoint | None:
    latitude, longitude = (_degrees(stated, name, most) for name, most in _DEGREES)
    if latitude is None or longitude is None:
        return None
    return GeoPoint(latitude, longitude, "")


_DEGREES = ((words.LATITUDE, 90.0), (words.LONGITUDE, 180.0))


def _degrees(stated: Stated, name: str, most: float) -> float | None:
    written = stated.line(name, 30)
    if not written:
        return None
    try:
        found = float(written)
    except ValueError:
        found = most + 1
    if not -most <= found <= most:
        stated.notes.append(f"“{stated.called.get(name, name)}”不是坐标：{written}")
        return None
    return found


def _verdict(stated: Stated) -> CityVerdict | None:
    """What the resident told the city; None where nothing of it is stated."""
    reached, contacted, resolved = (stated.truth(name) for name in (words.REACHED, words.CONTACTED, words.RESOLVED))
    satisfaction = stated.meaning(words.SATISFACTION, "satisfied", "basically_satisfied", "dissatisfied")
    if reached is None and resolved is None and not satisfaction:
        return None
    return CityVerdict(reached is not False, contacted, resolved, satisfaction, stated.text(words.SAID)[:2000])


def _ruling(stated: Stated) -> CityRuling:
    on = stated.meaning(words.RULES_ON, "return", "extension")
    approved = stated.truth(words.APPROVED)
    if not on:
        raise stated.unfit(words.RULES_ON, "没有写批复的是退单还是延期")
    if approved is None:
        raise stated.unfit(words.APPROVED, "没有写是否同意")
    return CityRuling("return" if on == "return" else "extension", approved, stated.moment(words.DEADLINE, ends=True))


def _files(stated: Stated) -> tuple[Attachment, ...]:
    found = []
    for number, each in enumerate(stated.files[:MOST_FILES], start=1):
        address = str(each.get("url", ""))[:2000]
        sound = address.startswith(("http://", "https://")) and clean_line(address, 2000) == address
        name = clean_file_name(str(each.get("name", ""))[:255], f"附件{number}")
        if sound:
            found.append(Attachment(name, "application/octet-stream", reference=address))
        else:
            stated.notes.append(f"附件“{name}”没有可用的网址")
    if len(stated.files) > MOST_FILES:
        stated.notes.append(f"附件超过 {MOST_FILES} 个，只取前 {MOST_FILES} 个")
    return tuple(found)


_TOLD = {words.REQUEST_TYPE: "市平台诉求类型", words.URGENCY: "市平台紧急程度", words.FILES: "附件"}


def _told(stated: Stated, order: CityOrder) -> Iterator[str]:
    if order.category:
        yield f"市平台分类：{order.category}"
    for name, label in _TOLD.items():
        if said := stated.line(name):
            yield f"{label}：{said}"
    if "*" in (hidden := stated.line(words.PHONE, 60)):
        yield f"电话由市平台隐去：{hidden}"
    yield from stated.notes
    for name, said in stated.beside:
        yield f"{name}：{said}"
