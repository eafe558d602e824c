"""Every page, for those who cannot see, point or hear: axe finds nothing on a desk's screen in light, a phone's in dark."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page as Tab
from sqlalchemy import select

from api.app import create_app
from api.settings import DEMO_ACCOUNTS
from api.web import reading
from casework.actors import Actor
from casework.opinion_tables import Consultation
from casework.tables import Ticket
from district.articles import load_articles
from district.process import Role
from knowledge import day_notices
from knowledge.articles import import_sources
from knowledge.day_notices import NoticeText
from knowledge.tables import Article
from tests.conftest import missing
from tests.e2e.axe import violations
from tests.e2e.browsing import CHROMIUM, DESKTOP, PHONE, chromium
from tests.e2e.every_page import NO_PAGES, PAGES, Page
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_routes import fill
from tests.integration.role_rules import Standing
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300), pytest.mark.xdist_group("accessibility")]

BOTH = bool(os.environ.get("YINGSHENG_TEST_BOTH_SCREENS"))
"""Open each page on both screens; otherwise, to save time, every other page on each."""
POLLED = ("/banner", "/notices/unread", "/conversations/waiting", "/live")
SCREENS = ((DESKTOP, "light"), (PHONE, "dark"))


@pytest.fixture(scope="module")
def places(role_desk: RoleDesk, things: dict[str, str]) -> dict[str, str]:
    """What addresses are filled with."""
    district = role_desk.desk.district
    sources = list(load_articles(district.folder, categories=district.taxonomy, units=district.units))[:5]
    now = role_desk.desk.now()
    off = NoticeText("柳荫街今晚停水检修", now, now + timedelta(hours=6), unit=role_desk.units.lead)
    editor = Actor("u-editor", "准备", Role.KNOWLEDGE_EDITOR)
    with role_desk.desk.database.write.begin() as session:
        import_sources(session, sources, actor="pack", now=now, publish_them=True)
        notice = day_notices.add(session, district, off, actor=editor, now=now).number
    token = DEMO_ACCOUNTS["hotline"]["demo"]["token"]
    for sequence, (speaker, text) in enumerate((("坐席", "您好，请讲"), ("市民", "路灯不亮好几天了")), 1):
        said = role_desk.client.post(
            "/channels/hotline/calls/axe-1/segments",
            params={"account": "demo"},
            json={"sequence": sequence, "speaker": speaker, "text": text, "start": sequence},
            headers={"authorization": f"Bearer {token}"},
        )
        assert said.status_code == 200, said.text
    with role_desk.desk.database.read() as session:
        codes = {
            f"{name}code": session.get_one(Ticket, things[key]).code
            for name, key in (("", "ticket"), ("told_", "told"))
        }
        article = session.scalars(select(Article).order_by(Article.number)).first()
        assert article is not None
        asked = session.get_one(Consultation, things["consultation"]).number
        forms = {
            "form": _form(role_desk, "柳荫街公厕门口的井盖碎了，晚上走路很危险"),
            "urgent_form": _form(role_desk, "三楼有很浓的燃气味，有人晕倒了"),
        }
        one_each = {"article": article.number, "call": "axe-1", "consultation_number": asked, "notice": notice}
        return things | codes | forms | one_each


def _form(desk: RoleDesk, text: str) -> str:
    """The key of a form that a resident has begun."""
    begun = desk.client.post("/appeal", data={"text": text})
    assert begun.status_code == 303, begun.text
    return begun.headers["location"].split("/")[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing("chromium", "Chromium")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A window that asks for nothing by itself."""
    opened = browser.new_context(viewport=dict(DESKTOP), locale="zh-CN", reduced_motion="reduce")
    opened.set_default_timeout(60_000)
    opened.route(re.compile("|".join(re.escape(each) for each in POLLED)), lambda route: route.abort())
    yield opened
    opened.close()


def _as(window: BrowserContext, desk: RoleDesk, who: Standing | None, wanted: str = "") -> None:
    window.clear_cookies()
    cookies = {"yingsheng_session": desk.tokens[who][0]} if who else {}
    if wanted:
        cookies[reading.COOKIE] = wanted
    address = str(desk.client.base_url)
    window.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])


def _looked_at(tab: Tab) -> list[str]:
    """What axe finds; once more where the page was loading itself anew meanwhile (the board, when it is counted)."""
    try:
        return violations(tab)
    except PlaywrightError:
        tab.wait_for_load_state("load")
        return violations(tab)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_shuts_anybody_out(
    role_desk: RoleDesk, places: dict[str, str], window: BrowserContext, page: Page
) -> None:
    _as(window, role_desk, page.who)
    turn = PAGES.index(page) % len(SCREENS)
    tab = window.new_page()
    try:
        size, colours = SCREENS[turn]
        tab.set_viewport_size({"width": size["width"], "height": size["height"]})
        tab.emulate_media(color_scheme=colours)
        answer = tab.goto(
            f"{str(role_desk.client.base_url).rstrip('/')}{fill(page.address, places)}", wait_until="load"
        )
        assert answer is not None
        assert answer.status == (404 if "no-such" in page.address else 200)
        assert answer.headers["content-type"].startswith("text/html")
        wrong = [f"{size['width']} {colours}: {each}" for each in _looked_at(tab)]
        if BOTH:
            size, colours = SCREENS[1 - turn]
            tab.set_viewport_size({"width": size["width"], "height": size["height"]})
            tab.emulate_media(color_scheme=colours)
            wrong += [f"{size['width']} {colours}: {each}" for each in _looked_at(tab)]
    finally:
        tab.close()
    assert not wrong, "\n".join((str(page), *wrong))


def test_every_page_of_the_application_is_looked_at_or_left_out_for_a_reason(role_desk: RoleDesk) -> None:
    there = {
        str(each.path)
        for each in iter_route_contexts(create_app(role_desk.desk).routes)
        if each.endpoint is not None
        and "GET" in (each.methods or ())
        and each.endpoint.__module__.startswith("api.web")
    }
    known = {page.path for page in PAGES} | NO_PAGES.keys()
    assert sorted(there - known) == [], "add these to tests/e2e/every_page.py"
    assert sorted(known - there - {"/there-is-no-such-page"}) == []
    assert not {page.path for page in PAGES} & NO_PAGES.keys()
