"""Takes a picture of every page of a demo desk, on a desk's screen and a phone's, in light and dark: ``docs/screens/``.

The pages are those of ``tests/e2e/every_page``; what their addresses name is looked up in the desk's database, or made
where a demo has none of it. The pictures are for looking at and are not kept with the source.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.setting_up import DEMO_PASSWORD, DEMO_USERS
from api.settings import DEMO_ACCOUNTS, Settings
from casework.event_tables import Event
from casework.tables import Case, Ticket
from district.process import Role
from knowledge.tables import Article
from storage.identity import User
from tests.e2e.every_page import PAGES, Page

SCREENS = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}
COLOURS = ("light", "dark")
COLOURS_KEPT = 128
FULL = 2400
"""Pixels of a picture's height at most: below that a long list says nothing new."""
LOGINS = {role: login for login, _, role, _ in DEMO_USERS}


def keep(picture: bytes, file: Path) -> None:
    """Write a picture with as many colours as a page has: a third of the bytes, and nobody sees a difference."""
    with Image.open(io.BytesIO(picture)) as drawn:
        drawn.convert("RGB").quantize(COLOURS_KEPT, dither=Image.Dither.NONE).save(file, optimize=True)


def _first(session: Session, query: Any) -> Any:
    return session.scalars(query.limit(1)).first()


def _found(desk: Desk) -> tuple[dict[str, str], str]:
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


def _made(url: str) -> dict[str, str]:
    """What a demo has none of: a call on the line, a resident's form half filled in, a question to the residents."""
    made = {}
    with httpx.Client(base_url=url, timeout=60) as client:
        token = DEMO_ACCOUNTS["hotline"]["demo"]["token"]
        for sequence, (speaker, text) in enumerate((("坐席", "您好，请讲"), ("市民", "楼下路灯不亮好几天了")), 1):
            client.post(
                "/channels/hotline/calls/shown-1/segments",
                params={"account": "demo"},
                json={"sequence": sequence, "speaker": speaker, "text": text, "start": sequence},
                headers={"authorization": f"Bearer {token}"},
            ).raise_for_status()
        made["call"] = "shown-1"
        for name, text in (("form", "柳荫街公厕门口的井盖碎了"), ("urgent_form", "三楼有很浓的燃气味，有人晕倒了")):
            begun = client.post("/appeal", data={"text": text})
            if begun.status_code == 303:
                made[name] = begun.headers["location"].split("/")[2]
        client.post("/login", data={"login": LOGINS["supervisor"], "password": DEMO_PASSWORD})
        page = client.get("/opinion-desk/new").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        fields = {"csrf": csrf[1] if csrf else "", "title": "柳荫街改单行，您怎么看", "closes": "2099-01-01T09:00"}
        asked = client.post("/opinion-desk/new", data=fields | {"text": "拟将柳荫街改为由南向北单行。"})
        if asked.status_code == 303:
            made["consultation_draft"] = asked.headers["location"].split("/")[2].split("?")[0]
    return made


def _addresses(things: dict[str, str]) -> Iterator[tuple[str, Page]]:
    """The pages that this desk has, each with its address."""
    for page in PAGES:
        names = set(re.findall(r"\$(\w+)", page.address))
        if missing := sorted(names - things.keys()):
            print(f"left out, the demo has no {', '.join(missing)}: {page}", flush=True)
            continue
        yield re.sub(r"\$(\w+)", lambda found: things[found[1]], page.address), page


def _name(page: Page) -> str:
    plain = re.sub(r"[^\w]+", "-", page.address.replace("$", "")).strip("-") or "start"
    return f"{plain}-{page.who.role}" if page.who else plain


def _login(page: Page, unit: str) -> str:
    if page.who is None:
        return ""
    return f"lead-{unit}" if page.who.role is Role.UNIT_LEAD else LOGINS[str(page.who.role)]


def _each(browser: Browser, url: str) -> Callable[[str, str, str], BrowserContext]:
    """Windows, one for each login, screen and colour; a login is entered once."""
    kept: dict[tuple[str, str, str], BrowserContext] = {}
    entered: dict[str, Any] = {}

    def window(login: str, screen: str, colour: str) -> BrowserContext:
        key = (login, screen, colour)
        if key not in kept:
            context = browser.new_context(
                viewport=SCREENS[screen], color_scheme=colour, locale="zh-CN", storage_state=entered.get(login)
            )
            if login and login not in entered:
                context.request.post(f"{url}/login", form={"login": login, "password": DEMO_PASSWORD})
                entered[login] = context.storage_state()
            kept[key] = context
        return kept[key]

    return window


def take_every(browser: Browser, url: str, home: Path, into: Path) -> int:
    """All pictures; return how many."""
    into.mkdir(parents=True, exist_ok=True)
    desk = Desk(Settings(home=home))
    try:
        things, unit = _found(desk)
    finally:
        desk.close()
    things |= _made(url)
    window, taken = _each(browser, url), 0
    for address, page in _addresses(things):
        for screen in SCREENS:
            for colour in COLOURS:
                tab = window(_login(page, unit), screen, colour).new_page()
                tab.goto(f"{url}{address}", wait_until="load")
                tab.wait_for_timeout(400 if address.startswith("/board") else 150)
                tall = min(int(tab.evaluate("document.documentElement.scrollHeight")), FULL)
                clip = {"x": 0, "y": 0, "width": SCREENS[screen]["width"], "height": tall}
                keep(tab.screenshot(full_page=True, clip=clip), into / f"{_name(page)}-{screen}-{colour}.png")
                tab.close()
                taken += 1
    print(f"{into}: {taken} pictures", flush=True)
    return taken
