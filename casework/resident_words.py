"""What a resident tells the desk in a message that is no matter: bind a telephone, withdraw, keep it confidential.

Only a message that says nothing else is taken so; anything longer is a matter and read by a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import confidential, joining, phone_codes, wishes, withdrawal
from casework.actors import Actor, Given
from casework.resident_errors import CodeExpired, CodeWrong, JoinRing, NotAPhone, PhonesDiffer, TooManyCodes
from casework.resident_tables import Resident
from casework.tables import Ticket
from casework.telling import has_line_back, matter
from casework.writing_back import Name, say
from channels.message import InboundMessage
from district.pack import District
from district.schemas import Role
from storage.deliveries import Delivery

LONGEST = 40
"""Characters of a message that is looked at."""
MOST, WITHIN = 10, timedelta(minutes=10)
"""So often one thing is answered to one name in so long: who asks more often is a machine."""
_NUMBER = r"(?:[:：#]?(?P<number>\d{8}-\d{3,8}))?"
_BIND = re.compile(r"(?:我要|请)?绑定(?:我的)?(?:手机号?码?|电话号?码?)[:：]?(?P<phone>(?:\+?86)?1[\d-]{10,12})")
_CODE = re.compile(r"(?:验证码)?(?:是|[:：])?(?P<code>\d{6})")
_WITHDRAW = re.compile(
    r"(?:我要|我想|我|申请|请求|请)?(?:撤诉|撤单|撤回|(?:撤回|撤销|取消)(?:我的)?(?:诉求|工单|投诉))(?:吧|了)?"
    + _NUMBER
)
_CONFIRM = re.compile(r"确认(?:撤诉|撤单|撤回|撤销)" + _NUMBER)
_CONFIDENTIAL = re.compile(
    r"(?:请|要求|申请|希望)?(?:对?我的?|为我|给我)?(?:身份|个人)?(?:信息)?(?:请|要)?保密(?:处理|办理)?" + _NUMBER
)
_QUIET = re.compile(
    r"(?:请|麻烦)?(?:勿|不要|别)(?:在)?(?:夜间|晚上|夜里|半夜)(?:给我)?(?:来电|打电话|打扰|联系)(?:我|了)?"
)
_LEAVE = re.compile(r"(?:我要|请|申请)?退订(?:通知|提醒|邮件)?")
"""Also the subject of the letter that List-Unsubscribe of our notices asks for."""
_FILLERS = re.compile(r"[\s,，。.!！~～]+")


@dataclass(frozen=True, slots=True)
class _Heard:
    session: Session
    district: District
    who: str
    message: InboundMessage
    to: Name
    now: datetime
    sms: str = ""

    @property
    def resident(self) -> Resident:
        return self.session.get_one(Resident, self.who)

    def say(self, template: str, ticket: Ticket | None = None, **fields: str) -> None:
        if self._said_often(template):
            return
        to = self.to if ticket is None else Name(*self._line(), self.to.message_id, ticket.id)
        purpose = f"{template}:{self.to.message_id}"
        say(self.session, self.district, to, template, purpose=purpose, now=self.now, fields=fields)

    def _said_often(self, template: str) -> bool:
        channel, account, external = self._line()
        said = select(func.count(Delivery.id)).where(
            Delivery.channel == channel,
            Delivery.account == account,
            Delivery.recipient == external,
            Delivery.template == template,
            Delivery.created_at > self.now - WITHIN,
        )
        return (self.session.scalar(said) or 0) >= MOST

    def _line(self) -> tuple[str, str, str]:
        return self.to.channel, self.to.account, self.to.external


def heard(
    session: Session,
    district: District,
    message_id: str,
    who: str,
    message: InboundMessage,
    *,
    now: datetime,
    sms: str = "",
) -> str:
    """Do what the message asks and answer it; what it was, in Chinese, or empty: it is a matter.

    ``sms`` is the account by which codes are texted; empty where there is none.

    Heard on channels with a line back alone: elsewhere somebody else has written down what was said.
    """
    words = _FILLERS.sub("", message.text or message.title)
    if not words or len(words) > LONGEST or message.attachments or not has_line_back(message.channel):
        return ""
    to = Name(message.channel, message.account, message.sender.id, message_id)
    spoken = _Heard(session, district, who, message, to, now, sms)
    for form, act in _ACTS:
        found = form.fullmatch(words)
        if found is not None and (done := act(spoken, found)):
            return done
    return ""


def _bind(spoken: _Heard, found: re.Match[str]) -> str:
    try:
        resident, phone = spoken.resident, found["phone"]
        phone_codes.ask(spoken.session, spoken.district, resident, phone, now=spoken.now, sms=spoken.sms)
    except NotAPhone:
        return ""
    except TooManyCodes as often:
        spoken.say("phone_code_often", minutes=str(often.minutes))
    else:
        spoken.say("phone_code_asked")
    return "绑定手机，不建工单"


def _code(spoken: _Heard, found: re.Match[str]) -> str:
    if not phone_codes.pending(spoken.session, spoken.who, now=spoken.now):
        return ""  # six digits of something else
    try:
        done = phone_codes.give(spoken.session, spoken.district, spoken.resident, found["code"], now=spoken.now)
    except (CodeExpired, PhonesDiffer, JoinRing):
        spoken.say("phone_code_over")
    else:
        if not isinstance(done, CodeWrong):
            spoken.say("phone_joined")
        elif done.left:
            spoken.say("phone_code_wrong", left=str(done.left))
        else:
            spoken.say("phone_code_over")
    return "验证码，不建工单"


def _withdraw(spoken: _Heard, found: re.Match[str]) -> str:
    ticket = _meant(spoken, found)
    if ticket is None:
        spoken.say("withdraw_nothing")
    else:
        withdrawal.ask(spoken.session, ticket, now=spoken.now)
        words = matter(ticket.title, ticket.text)
        spoken.say("withdraw_confirm", ticket, number=ticket.number, matter=words)
    return "撤诉，待居民确认"


def _confirm(spoken: _Heard, found: re.Match[str]) -> str:
    ticket = withdrawal.asked(spoken.session, spoken.who, now=spoken.now, number=found["number"] or "")
    if ticket is None:
        spoken.say("withdraw_nothing")
        return "确认撤诉，但没有待确认的工单"
    given = Given(text="居民发消息确认撤诉")
    withdrawal.withdraw(spoken.session, spoken.district, ticket, now=spoken.now, given=given)
    return f"确认撤诉 {ticket.number}"


def _confide(spoken: _Heard, found: re.Match[str]) -> str:
    ticket = _meant(spoken, found)
    if ticket is None:
        return ""  # he says it before he says what it is about: a person reads it
    actor = Actor(spoken.who, "居民本人", Role.RESIDENT)
    confidential.ask(spoken.session, spoken.district, ticket, actor=actor, now=spoken.now)
    spoken.say("confidential_noted", ticket, number=ticket.number)
    return f"要求保密 {ticket.number}"


def _quiet(spoken: _Heard, _found: re.Match[str]) -> str:
    resident = spoken.resident
    actor = Actor(spoken.who, "居民本人", Role.RESIDENT)
    given = resident.wishes | {"no_calls": wishes.NIGHT}
    wishes.keep(spoken.session, joining.get(spoken.session, resident.id), given, actor=actor, now=spoken.now)
    spoken.say("wishes_noted")
    return "请勿夜间来电"


def _leave(spoken: _Heard, _found: re.Match[str]) -> str:
    resident = joining.get(spoken.session, spoken.resident.id)
    actor = Actor(spoken.who, "居民本人", Role.RESIDENT)
    given = resident.wishes | {"no_notices": True}
    wishes.keep(spoken.session, resident, given, actor=actor, now=spoken.now)
    spoken.say("notices_stopped")
    return "退订通知"


def _meant(spoken: _Heard, found: re.Match[str]) -> Ticket | None:
    message, number = spoken.message, found["number"] or ""
    return withdrawal.find(spoken.session, spoken.who, channel=message.channel, account=message.account, number=number)


_ACTS: tuple[tuple[re.Pattern[str], Callable[[_Heard, re.Match[str]], str]], ...] = (
    (_BIND, _bind),
    (_CODE, _code),
    (_CONFIRM, _confirm),
    (_WITHDRAW, _withdraw),
    (_CONFIDENTIAL, _confide),
    (_QUIET, _quiet),
    (_LEAVE, _leave),
)
