"""Pages as their reader wants them: in English, large, dark or in strong contrast, without a script and for anybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.desk import Desk
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.web.reading import COOKIE
from storage import identity

PEOPLE = [("agent", "满意", "agent", ""), ("admin", "罗成", "administrator", "")]
"""The agent is called by a word that pages say, too."""
FORM = re.compile(r'<form method="post" action="/appearance".*?</form>', re.DOTALL)


@pytest.fixture(scope="module")
def url(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk that is no demo, with nothing on it."""
    home = tmp_path_factory.mktemp("reading") / "home"
    home.mkdir()
    shutil.copy(migrated_sqlite, home / "yingsheng.sqlite")
    with ExitStack() as stack:
        desk = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
        stack.callback(desk.close)
        with desk.database.write.begin() as session:
            identity.add_demo_users(session, PEOPLE, password=DEMO_PASSWORD, now=desk.now())
        yield stack.enter_context(BackgroundServer(create_app(desk))).url


@pytest.fixture
def reader(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def _enter(reader: httpx.Client, login: str) -> None:
    assert reader.post("/login", data={"login": login, "password": DEMO_PASSWORD}).status_code == 303


def test_a_link_at_the_foot_turns_every_page_into_english_and_back(reader: httpx.Client) -> None:
    page = reader.get("/follow").text
    assert '<html lang="zh-CN">' in page
    [link] = re.findall(r'href="(/language\?to=en[^"]*)"', page)
    turned = reader.get(link.replace("&amp;", "&"))
    assert turned.status_code == 303
    assert turned.headers["location"] == "/follow"
    page = reader.get("/follow").text
    assert '<html lang="en">' in page
    assert "Follow a matter" in page
    assert "查询" not in page
    assert "Sign in" in reader.get("/login").text
    reader.get("/language", params={"to": "zh", "next": "/follow"})
    assert '<html lang="zh-CN">' in reader.get("/follow").text


def test_one_comes_back_to_the_page_with_its_filters_and_never_to_another_host(reader: httpx.Client) -> None:
    _enter(reader, "agent")
    [link] = re.findall(r'href="(/language[^"]*)"', reader.get("/tickets", params={"q": "路灯 不亮"}).text)
    back = httpx.URL(reader.get(link.replace("&amp;", "&")).headers["location"])
    assert (back.path, back.params["q"]) == ("/tickets", "路灯 不亮")
    for elsewhere in ("https://example.com/", "//example.com", "/\\example.com", "example.com"):
        assert reader.get("/language", params={"to": "en", "next": elsewhere}).headers["location"] == "/"
        assert reader.post("/appearance", data={"theme": "dark", "next": elsewhere}).headers["location"] == "/"


def test_what_is_chosen_is_kept_beside_what_was_chosen_before(reader: httpx.Client) -> None:
    for choice in ({"type": "large"}, {"theme": "dark"}, {"contrast": "strong"}, {"theme": "pink"}):
        assert reader.post("/appearance", data=choice | {"next": "/login"}).headers["location"] == "/login"
    page = reader.get("/login").text
    assert '<html lang="zh-CN" data-theme="dark" data-type="large" data-contrast="strong">' in page
    assert '<meta name="color-scheme" content="dark">' in page
    pressed = re.findall(r'value="(\w+)" aria-pressed="true"', FORM.findall(page)[0])
    assert pressed == ["large", "dark", "strong"]
    reader.post("/appearance", data={"theme": "auto"})
    reader.post("/appearance", data={"type": "usual"})
    reader.post("/appearance", data={"contrast": "normal"})
    assert '<html lang="zh-CN">' in reader.get("/login").text
    assert COOKIE not in reader.cookies or reader.cookies[COOKIE] in ("", '""')


def test_a_mistake_is_told_in_the_readers_language(reader: httpx.Client) -> None:
    reader.cookies.set(COOKIE, "en")
    assert "There is no such page" in reader.get("/nothing-here", headers={"accept": "text/html"}).text
    assert "Wrong login or password" in reader.post("/login", data={"login": "agent", "password": "no"}).text


def test_what_people_are_called_is_not_translated_though_pages_say_the_same_word(reader: httpx.Client) -> None:
    reader.cookies.set(COOKIE, "en")
    _enter(reader, "agent")
    page = reader.get("/tickets").text
    assert ">满意</a>" in page
    assert "Sign out" in page


def test_scripts_get_the_same_whatever_language_the_cookie_says(reader: httpx.Client) -> None:
    before = reader.get("/api/v1/tickets/none").json()
    reader.cookies.set(COOKIE, "en")
    assert reader.get("/api/v1/tickets/none").json() == before


def test_the_gallery_is_for_administrators_where_there_is_no_demo(reader: httpx.Client) -> None:
    assert reader.get("/gallery").headers["location"].startswith("/login")
    _enter(reader, "agent")
    assert reader.get("/gallery").status_code == 403
    _enter(reader, "admin")
    page = reader.get("/gallery").text
    assert 'class="clock overdue"' in page
    assert "--accent-tint" in page
