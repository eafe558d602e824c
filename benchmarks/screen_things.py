"""What the pictured pages name: looked up in a demo desk's database, or made where it has none of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.setting_up import DEMO_PASSWORD, DEMO_USERS
from api.settings import DEMO_ACCOUNTS
from api.standins.wechat import Signer
from casework import inspection, inspection_draw
from casework.actors import Actor
from casework.event_tables import Event
from casework.inspection import Marks
from casework.inspection_tables import Inspection
from casework.people_tables import Alert
from casework.tables import Case, Ticket
from district.process import Role
from knowledge.tables import Article
from storage.identity import User
from storage.quarantine import Quarantined

LOGINS = {role: login for login, _, role, _ in DEMO_USERS}
Found = TypeVar("Found")


def _first(session: Session, query: Any) -> Any:
    return session.scalars(query.limit(1)).first()


def found(desk: Desk) -> tuple[dict[str, str], str]:
    """What addresses name, and the unit whose lead opens a unit's pages."""
    with desk.database.read() as session:
        waiting = _first(session, select(Ticket).where(Ticket.state == "assessed", Ticket.case_id.is_(None)))
        handled = _first(session, select(Case).where(Case.state == "in_progress").order_by(Case.id.desc()))
        sent = _first(session, select(Case).where(Case.state == "dispatched").order_by(Case.id.desc()))
        case = handled or sent
        other = _first(session, select(Case).where(Case.lead_unit == case.lead_unit, Case.id != case.id)) or case
        told = _first(session, select(Ticket).where(Ticket.state == "told"))
        article = _first(session, select(Article).where(Article.status == "published"))
        event = _first(session, select(Event).order_by(Event.id.desc()))
        user = _first(session, select(User).where(User.login == "agent"))
        ticket = case.tickets[0]
        things = {
            "assessed": waiting.number if waiting else "",
            "case": case.number,
            "other_case": other.number,
            "case_ticket": ticket.number,
            "ticket": ticket.number,
            "code": ticket.code,
            "resident": ticket.resident_id,
            "category": ticket.category,
            "told": told.number if told else "",
            "told_code": told.code if told else "",
            "article": article.number if article else "",
            "event": (event.number or event.id) if event else "",
            "user": user.id,
        }
        return {name: value for name, value in things.items() if value}, case.lead_unit


def made(url: str, desk: Desk) -> dict[str, str]:
    """What a demo has none of: a call on the line, forms half filled in, an emergency, what could not be read, ..."""
    known = {"call": "shown-1"}
    with httpx.Client(base_url=url, timeout=60) as client:
        _call(client, known["call"])
        garbled = Signer(DEMO_ACCOUNTS["wechat"]["demo"]).request("<xml><Content>路灯".encode())
        client.post("/channels/wechat/demo", params=dict(garbled.query), content=garbled.body).raise_for_status()
        for name, text in (("form", "柳荫街公厕门口的井盖碎了"), ("urgent_form", "三楼有很浓的燃气味，有人晕倒了")):
            begun = client.post("/appeal", data={"text": text})
            if begun.status_code == httpx.codes.SEE_OTHER:
                known[name] = begun.headers["location"].split("/")[2]
        client.post(f"/appeal/{known.get('urgent_form')}/check")
    known |= _asked(url) | _announced(url) | _inspected(desk)
    for name, thing in (("alert", Alert), ("quarantined", Quarantined)):
        if key := _soon(desk, lambda session, thing=thing: _first(session, select(thing.id))):
            known[name] = key
    return known


def _soon(desk: Desk, look: Callable[[Session], Found | None], seconds: float = 30.0) -> Found | None:
    """What the desk's own processes bring about in a moment."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with desk.database.read() as session:
            if found := look(session):
                return found
        time.sleep(0.2)
    return None


def _call(client: httpx.Client, name: str) -> None:
    token = DEMO_ACCOUNTS["hotline"]["demo"]["token"]
    for sequence, (speaker, text) in enumerate((("坐席", "您好，请讲"), ("市民", "楼下路灯不亮好几天了")), 1):
        client.post(
            f"/channels/hotline/calls/{name}/segments",
            params={"account": "demo"},
            json={"sequence": sequence, "speaker": speaker, "text": text, "start": sequence},
            headers={"authorization": f"Bearer {token}"},
        ).raise_for_status()


@contextmanager
def _at_work(url: str, role: str) -> Iterator[httpx.Client]:
    """The demo's user of a role, signed in."""
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/login", data={"login": LOGINS[role], "password": DEMO_PASSWORD})
        yield client


def _sent(client: httpx.Client, page: str, to: str = "", **fields: str) -> str:
    """Send a form of a page, ``to`` another address if not to its own; where it led to."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
    answer = client.post(to or page, data=fields | {"csrf": csrf[1] if csrf else ""})
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise SystemExit(f"{to or page}: {answer.status_code}")
    return str(answer.headers["location"]).partition("?")[0]


def _asked(url: str) -> dict[str, str]:
    """Two questions to the residents: one being written, one they can answer."""
    fields = {"text": "拟将柳荫街改为由南向北单行。", "choices": "同意\n不同意", "closes": "2099-01-01T09:00"}
    with _at_work(url, "supervisor") as client:
        draft, shown = (
            _sent(client, "/opinion-desk/new", title=title, **fields).split("/")[-1]
            for title in ("柳荫街夜间停车，您怎么看", "柳荫街改单行，您怎么看")
        )
        _sent(client, f"/opinion-desk/{shown}", f"/opinion-desk/{shown}/publish")
    return {"consultation_draft": draft, "consultation": shown, "consultation_number": shown}


def _announced(url: str) -> dict[str, str]:
    begins = datetime.now(UTC) + timedelta(hours=10)
    fields = {"begins": f"{begins:%Y-%m-%dT%H:%M}", "ends": f"{begins + timedelta(hours=6):%Y-%m-%dT%H:%M}"}
    with _at_work(url, "knowledge_editor") as client:
        words = {"text": "柳荫街今晚停水检修", "unit": "U001", "area": "", "subject": "水"}
        _sent(client, "/day-notices/new", **fields, **words, source="")
        found = re.search(r"/day-notices/(TG-\d+)/edit", client.get("/day-notices?show=coming").text)
    return {"notice": found[1]} if found else {}


def _inspected(desk: Desk) -> dict[str, str]:
    """Work drawn to be inspected, and one result that was objected to, as if the week were over."""
    now = desk.now()
    with desk.database.write.begin() as session:
        inspection_draw.draw_due(session, desk.district, now=now + timedelta(days=7))
        rows = session.scalars(select(Inspection).where(Inspection.state == "drawn").limit(2)).all()
        if len(rows) < 2:
            return {}
        agent, supervisor = (
            _first(session, select(User).where(User.login == LOGINS[role])) for role in ("agent", "supervisor")
        )
        rows[1].worker, rows[1].worker_name = agent.id, agent.name  # so that he can object
        session.flush()
        sheet = inspection.sheet_of(rows[1])
        marks = Marks({item.code: max(0, item.points - 1) for item in sheet.items})
        inspector = Actor(supervisor.id, supervisor.name, Role.SUPERVISOR)
        inspection.score(session, desk.district, rows[1], marks, comment="地点没有问清", actor=inspector, now=now)
        himself = Actor(agent.id, agent.name, Role.AGENT)
        inspection.object_to(session, desk.district, rows[1], text="地点在录音里说过", actor=himself, now=now)
        return {"drawn": rows[0].id, "objected": rows[1].id}
