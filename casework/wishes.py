"""What a resident wishes of how he is spoken to (联系意愿): no calls at night, his channel, language and hearing.

Kept as JSON on the resident: ``no_calls`` ``{"from": "22:00", "until": "08:00"}``, ``channel`` (on which he would
rather be written to), ``language`` (方言 or 外语 in a few words), ``hearing`` (he does not hear well),
``no_notices`` (he left the list of notices, and hears answers only). What is not there is not wished.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.resident_errors import BadWish, ResidentErased
from casework.resident_tables import Resident
from channels.registry import CHANNELS
from district.schemas import Role

NIGHT = {"from": "22:00", "until": "08:00"}
"""The hours of 请勿夜间来电 where he names none."""
LONGEST = 30
SETS = frozenset({Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT, Role.SUPERVISOR, Role.RESIDENT})
"""Who writes wishes down: who speaks with residents, and the resident himself."""
LABELS = {
    "no_calls": "请勿来电时段",
    "channel": "首选渠道",
    "language": "语言",
    "hearing": "听力不便",
    "no_notices": "退订通知",
}


def may_call(wishes: Mapping[str, Any], local: datetime) -> datetime | None:
    """None if he may be called at this local time, else the moment from which he may be. Hours may span midnight."""
    hours = wishes.get("no_calls")
    if not hours:
        return None
    begins, ends = time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"])
    now = local.time().replace(tzinfo=None)
    quiet = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not quiet:
        return None
    day = local.date() if now < ends else local.date() + timedelta(days=1)
    return datetime.combine(day, ends, tzinfo=local.tzinfo)


def quiet_at(local: datetime) -> ColumnElement[bool]:
    """``may_call`` for the database: whether a resident may not be called at this local time."""
    begins, ends = (Resident.wishes[("no_calls", name)].as_string() for name in ("from", "until"))
    at = f"{local:%H:%M}"
    quiet = sql_case((begins < ends, and_(begins <= at, ends > at)), else_=or_(begins <= at, ends > at))
    return func.coalesce(quiet, false())


def lines(wishes: Mapping[str, Any]) -> list[str]:
    """The wishes in a few words each, for whoever is about to speak with him."""
    hours = wishes.get("no_calls")
    told = [f"{hours['from']}–{hours['until']} 请勿来电"] if hours else []
    if channel := wishes.get("channel"):
        found = CHANNELS.get(channel)
        told.append(f"首选{found.label if found is not None else channel}")
    if language := wishes.get("language"):
        told.append(f"讲{language}")
    told += ["听力不便"] if wishes.get("hearing") else []
    return told + (["不要通知，只要答复"] if wishes.get("no_notices") else [])


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Wishes as they are kept, of what somebody filled in; empty ones are left out. Raises ``BadWish``."""
    made: dict[str, Any] = {}
    if unknown := given.keys() - LABELS.keys():
        raise BadWish(min(unknown)[:20])
    if hours := given.get("no_calls"):
        made["no_calls"] = _hours(hours)
    if channel := str(given.get("channel") or ""):
        if channel not in CHANNELS.keys() - {"city"}:
            raise BadWish(LABELS["channel"])
        made["channel"] = channel
    if language := str(given.get("language") or "").strip():
        if len(language) > LONGEST:
            raise BadWish(LABELS["language"])
        made["language"] = language
    for name in ("hearing", "no_notices"):
        if given.get(name):
            made[name] = True
    return made


def _hours(hours: Any) -> dict[str, str]:
    try:
        begins, ends = time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"])
    except (KeyError, TypeError, ValueError):
        raise BadWish(LABELS["no_calls"]) from None
    if begins == ends or begins.tzinfo or ends.tzinfo:
        raise BadWish(LABELS["no_calls"])
    return {"from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}"}


def keep(session: Session, resident: Resident, given: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Write his wishes down in place of those before. Raises ``NotAllowed``, ``BadWish``, ``ResidentErased``."""
    if actor.role not in SETS:
        raise NotAllowed("登记联系意愿", "由与居民联系的坐席、派单员或回访员登记")
    if resident.erased_at is not None:
        raise ResidentErased(resident.id)
    resident.wishes = read(given)
    names = {"wishes": sorted(resident.wishes)}  # which, not what: a language is a trait of a person
    recording.record(session, actor, "wishes", "resident", resident.id, now=now, topic="residents", details=names)
