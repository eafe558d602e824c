"""绑定手机: a resident shows on one channel that he also reads another, on which his verified telephone is known.

He names the telephone; who surely has it gets six digits on a channel of his on which he can be written to; he writes
them here, and both are one. Where the desk can send SMS the code goes to the telephone itself, also to one that nobody
is known by: then it is verified as his who asked. Else a channel of his who has it carries the code. Nobody learns
from the answer whether a telephone is known: without a way to send it, no code is sent and the words are the same.

Six digits are guessed in a million tries: a code has ``TRIES`` of them and ``LASTS``, and is asked for seldom.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from casework import joining, recording, residents, writing_back
from casework.actors import Actor
from casework.message_tables import Message
from casework.resident_errors import CodeExpired, CodeWrong, PhonesDiffer, TooManyCodes
from casework.resident_tables import Identity, PhoneCode, Resident, ResidentJoin
from casework.residents import mobile, with_phone
from casework.telling import has_line_back
from casework.writing_back import Name
from district.pack import District
from district.schemas import Role
from storage.deliveries import Delivery

TEMPLATE = "phone_code"
DIGITS = 6
LASTS = timedelta(minutes=10)
TRIES = 5
AN_HOUR = 3
"""Codes that one resident may ask for within an hour, and that may be sent to one within an hour."""
_COST = {"n": 2**12, "r": 8, "p": 1}


def ask(
    session: Session, district: District, asker: Resident, phone: str, *, now: datetime, sms: str = ""
) -> PhoneCode:
    """Send a code for this telephone: to itself by the SMS account ``sms`` where there is one, else to whoever surely
    has it. Raises ``NotAPhone``, ``TooManyCodes``.

    A code asked for before is worth nothing from now on.
    """
    number = mobile(phone)
    session.scalar(select(Resident.id).where(Resident.id == asker.id).with_for_update())  # asking twice takes turns
    target, to = _whose(session, number, asker)
    by_sms = bool(sms) and residents.texted(session, sms, number)
    if by_sms:
        theirs = [each.id for each in with_phone(session, number) if each.id != asker.id]
        target, to = theirs[0] if len(theirs) == 1 else None, Name(residents.SMS, sms, number)
    _check_rate(session, asker.id, target, number if by_sms else "", now=now)
    for earlier in _open(session, asker.id, now=now):
        earlier.expires_at = now
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", secrets.token_hex(16)
    row = PhoneCode(
        asker_id=asker.id,
        target_id=target,
        phone=number if by_sms else "",
        salt=salt,
        digest=_digest(salt, code),
        asked_at=now,
        expires_at=now + LASTS,
    )
    session.add(row)
    session.flush()
    if to is not None:
        minutes = str(int(LASTS / timedelta(minutes=1)))
        purpose = f"phone_code:{row.id}"
        fields = {"code": code, "minutes": minutes}
        writing_back.say(session, district, to, TEMPLATE, purpose=purpose, now=now, fields=fields)
    _record(session, asker.id, "ask_phone_code", row, now=now)
    return row


def pending(session: Session, asker_id: str, *, now: datetime) -> bool:
    """Whether this resident has been asked for a code that may still be given."""
    return bool(_open(session, asker_id, now=now))


def give(
    session: Session, district: District, asker: Resident, code: str, *, now: datetime
) -> ResidentJoin | Resident | CodeWrong:
    """The code he was sent: right, both are one, or the telephone is his where nobody else was known by it.

    Raises ``CodeExpired``, ``PhonesDiffer``, and what ``join_by_code`` raises.

    That it is wrong is returned and not raised: the try is counted in this transaction, which must be kept.
    """
    found = _open(session, asker.id, now=now)
    if not found:
        raise CodeExpired
    row = found[0]
    if not (row.target_id or row.phone) or not hmac.compare_digest(row.digest, _digest(row.salt, code.strip())):
        row.tries += 1
        _record(session, asker.id, "wrong_phone_code", row, now=now)
        return CodeWrong(TRIES - row.tries)
    row.used_at = now
    actor = Actor(asker.id, "居民本人", Role.RESIDENT)
    if row.target_id is None:
        return _verify(session, asker, row, actor, now=now)
    target = joining.get(session, row.target_id)
    row.phone = ""
    return joining.join_by_code(session, district, target.id, asker.id, actor=actor, now=now)


def _verify(session: Session, asker: Resident, row: PhoneCode, actor: Actor, *, now: datetime) -> Resident:
    """The telephone is his: he read there what was sent to it."""
    if asker.verified_phone not in {"", row.phone}:
        raise PhonesDiffer
    asker.verified_phone = asker.phone = row.phone
    row.phone = ""
    recording.record(session, actor, "verify_phone", "resident", asker.id, now=now, topic="residents")
    return asker


def _open(session: Session, asker_id: str, *, now: datetime) -> list[PhoneCode]:
    query = select(PhoneCode).where(
        PhoneCode.asker_id == asker_id,
        PhoneCode.used_at.is_(None),
        PhoneCode.expires_at > now,
        PhoneCode.tries < TRIES,
    )
    query = query.order_by(PhoneCode.asked_at.desc()).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(query))


def _check_rate(session: Session, asker_id: str, target_id: str | None, texted: str, *, now: datetime) -> None:
    who = PhoneCode.asker_id == asker_id
    since = PhoneCode.asked_at > now - timedelta(hours=1)
    times = [select(func.count(), func.min(PhoneCode.asked_at)).where(who, since)]
    if target_id is not None:
        times.append(select(func.count(), func.min(PhoneCode.asked_at)).where(PhoneCode.target_id == target_id, since))
    if texted:
        sent = select(func.count(), func.min(Delivery.created_at)).where(
            Delivery.channel == residents.SMS,
            Delivery.recipient == texted,
            Delivery.template == TEMPLATE,
            Delivery.created_at > now - timedelta(hours=1),
        )
        times.append(sent)
    for query in times:
        count, first = session.execute(query).one()
        if count >= AN_HOUR:
            raise TooManyCodes(math.ceil((first + timedelta(hours=1) - now) / timedelta(minutes=1)))


def _whose(session: Session, phone: str, asker: Resident) -> tuple[str | None, Name | None]:
    """Who surely has this telephone and where he is written to; nobody where it is not sure or there is no way."""
    theirs = [each for each in with_phone(session, phone) if each.id != asker.id]
    ways = [(each.id, to) for each in theirs if (to := _way(session, each)) is not None]
    return ways[0] if len(ways) == 1 else (None, None)


def _way(session: Session, target: Resident) -> Name | None:
    """The name of his that is written to: of the channel he wishes, else the one he wrote under last."""
    names = session.scalars(
        select(Identity).where(Identity.resident_id == target.id, Identity.reachable.is_(True)).order_by(Identity.id)
    )
    lines = [each for each in names if has_line_back(each.channel)]
    if not lines:
        return None
    last = session.execute(
        select(Message.channel, Message.account, Message.sender)
        .where(or_(*(_of(each) for each in lines)))
        .order_by(Message.received_at.desc())
        .limit(1)
    ).one_or_none()
    wished = target.wishes.get("channel")
    lines.sort(key=lambda each: (each.channel != wished, last != (each.channel, each.account, each.external)))
    return Name(lines[0].channel, lines[0].account, lines[0].external)


def _of(each: Identity) -> ColumnElement[bool]:
    return and_(Message.channel == each.channel, Message.account == each.account, Message.sender == each.external)


def _digest(salt: str, code: str) -> str:
    """Salted and slow: whoever reads the table has ten minutes for a million of them."""
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), dklen=32, **_COST).hex()


def _record(session: Session, asker_id: str, act: str, row: PhoneCode, *, now: datetime) -> None:
    asker = Actor(asker_id, "", Role.RESIDENT)
    recording.record(session, asker, act, "resident", asker_id, now=now, details={"code": row.id})
