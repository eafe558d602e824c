"""What residents' own pages are guarded by: forms of other sites, captchas, one opinion each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from api import captcha
from api.setting_up import DEMO_PASSWORD
from casework.draft_tables import AppealDraft
from casework.message_tables import Message
from casework.opinion_tables import Opinion
from casework.tables import Ticket
from district.self_service import Asked
from tests.integration.self_served import WORDS, Served, hidden, served, unbraked

__all__ = ["served", "unbraked"]


# Forms of other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_that_another_site_sends_is_refused_and_nothing_is_done(served: Served, headers: dict[str, str]) -> None:
    ticket = served.sent()
    key = served.begun()
    counted = served.count(Ticket), served.count(AppealDraft), served.count(Message)
    with served.resident() as client:
        for path, data in (
            ("/appeal", {"text": WORDS}),
            (f"/appeal/{key}/check", {}),
            (f"/q/{ticket.code}/withdraw", {"confirm": "true"}),
            (f"/q/{ticket.code}/add", {"text": "别人写的"}),
            (f"/q/{ticket.code}/urge", {}),
            ("/follow", {"number": ticket.number, "code": ticket.code}),
            ("/opinions/Y1", {"text": "别人写的"}),
            ("/captcha", {"captcha": "1"}),
        ):
            answer = client.post(path, data=data, headers=headers)
            assert answer.status_code == 403, path
            assert "别的网站" in answer.text
    assert (served.count(Ticket), served.count(AppealDraft), served.count(Message)) == counted
    now = served.ticket(ticket.code)
    assert now.state != "withdrawn"
    assert now.urgings == 0


def test_a_form_of_this_site_and_of_a_browser_that_says_nothing_is_taken(served: Served) -> None:
    with served.resident() as client:
        for headers in ({"sec-fetch-site": "same-origin", "origin": served.url}, {"origin": served.url}, {}):
            assert client.post("/appeal", data={"text": WORDS}, headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/appeal", "/follow", "/opinions/Y1", "/captcha", "/q/AAAA-BBBB-CCCC/reopen"])
def test_a_text_that_no_database_keeps_is_refused_with_a_sentence(served: Served, path: str) -> None:
    with served.resident() as client:
        answer = client.post(path, data={"text": "路灯\x00坏了", "number": "\x00", "next": "\x00"})
    assert answer.status_code == 422
    assert "不能保存的字符" in answer.text


# The captcha


@pytest.fixture
def few(served: Served) -> Iterator[None]:
    """Two of each, then the captcha."""
    kept = served.desk.district
    asked = Asked(appeals=2, lookups=2, opinions=2, acts=2)
    own = kept.self_service.model_copy(update={"captcha": asked})
    served.desk.district = replace(kept, self_service=own)
    yield
    served.desk.district = kept


def _in_words(client: httpx.Client, path: str, form: dict[str, str]) -> tuple[dict[str, str], str]:
    """The page's form with the question in words, and its right answer."""
    page = client.post(path, data=form | {"captcha_kind": "words"}).text
    spoken = re.search(r'class="spoken">([^<]+)<', page)
    assert spoken
    return hidden(page), spoken[1]


@pytest.mark.usefixtures("few")
def test_who_sends_much_is_asked_and_goes_on_with_what_he_wrote(served: Served) -> None:
    with served.resident() as client:
        for _ in range(2):
            assert client.post("/appeal", data={"text": WORDS}).status_code == 303
        asked = client.post("/appeal", data={"text": f"{WORDS}<b>"})
        assert asked.status_code == 429
        form = hidden(asked.text)
        assert form["text"] == f"{WORDS}<b>"
        picture = client.get("/captcha.png", params={"token": form["captcha_token"]})
        assert picture.content.startswith(b"\x89PNG")
        form, answer = _in_words(client, "/appeal", form)
        assert client.post("/appeal", data=form | {"captcha": "000000 ", "captcha_kind": "words"}).status_code == 429
        form, answer = _in_words(client, "/appeal", {"text": f"{WORDS}<b>"})
        for _ in range(2):  # one for the question, one more of the new share
            assert client.post("/appeal", data=form | {"captcha": answer}).status_code == 303
        assert client.post("/appeal", data=form | {"captcha": answer}).status_code == 429, "an answer is good once"


@pytest.mark.usefixtures("few")
def test_who_looks_for_codes_is_asked_before_he_is_told_more_and_then_goes_on(served: Served) -> None:
    ticket = served.sent()
    with served.resident() as client:
        for _ in range(2):
            assert client.get("/q/AAAA-BBBB-CCCC").status_code == 404
        asked = client.get(f"/q/{ticket.code}")
        assert asked.status_code == 429
        assert ticket.number not in asked.text
        form, answer = _in_words(client, "/captcha", hidden(asked.text))
        on = client.post("/captcha", data=form | {"captcha": answer})
        assert on.headers["location"] == f"/q/{ticket.code}"
        assert client.get(f"/q/{ticket.code}").status_code == 200


@pytest.mark.usefixtures("few")
def test_a_captcha_leads_to_no_other_site(served: Served) -> None:
    with served.resident() as client:
        for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
            form, answer = _in_words(client, "/captcha", {"next": target})
            done = client.post("/captcha", data=form | {"captcha": answer, "next": target})
            assert done.headers["location"] == "/follow"


def test_an_answer_is_refused_when_it_is_late_forged_or_used(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = served.desk
    made = captcha.new(desk, "words")
    assert captcha.is_right(desk, made.token, made.words)
    assert not captcha.is_right(desk, made.token, made.words)
    other = captcha.new(desk, "words")
    assert not captcha.is_right(desk, other.token[:-1] + ("A" if other.token[-1] != "A" else "B"), other.words)
    late = captcha.new(desk, "words")
    now = desk.now()
    monkeypatch.setattr(desk, "now", lambda: now + captcha.GOOD_FOR + timedelta(seconds=1))
    assert not captcha.is_right(desk, late.token, late.words)
    assert captcha.picture(desk, captcha.new(desk, "words").token) is None


# Opinions


@contextmanager
def _staff(served: Served, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=60, follow_redirects=True) as client:
        entered = client.post("/login", data={"login": login, "password": DEMO_PASSWORD})
        assert entered.status_code == 200, entered.text
        yield client


def _opened(served: Served, **given: str) -> str:
    asked = {"title": "改单行", "text": "请说说看法", "choices": "同意\n不同意", "closes": "2099-01-01T09:00"} | given
    with _staff(served, "editor") as editor:
        form = {"csrf": hidden(editor.get("/opinion-desk/new").text)["csrf"]}
        made = editor.post("/opinion-desk/new", data=form | asked)
        number = str(made.url).split("/")[-1].split("?")[0]
        assert editor.post(f"/opinion-desk/{number}/publish", data=form).status_code == 200
    return number


def test_an_opinion_is_taken_once_of_a_browser_and_once_of_a_link(served: Served) -> None:
    number = _opened(served)
    with served.resident() as client:
        client.get(f"/opinions/{number}")
        assert client.post(f"/opinions/{number}", data={"choice": "同意"}).status_code == 303
        again = client.post(f"/opinions/{number}", data={"choice": "不同意"})
        assert "每人一份" in again.text
    with _staff(served, "editor") as editor:
        form = {"csrf": hidden(editor.get(f"/opinion-desk/{number}").text)["csrf"], "many": "2"}
        made = editor.post(f"/opinion-desk/{number}/links", data=form).text
        tokens = re.findall(r"\?t=([\w.-]+)", made)
        assert len(set(tokens)) == 2
    for _ in range(2):
        with served.resident() as client:  # another browser, the same link
            client.get(f"/opinions/{number}", params={"t": tokens[0]})
            client.post(f"/opinions/{number}", data={"choice": "不同意", "t": tokens[0]})
    with served.desk.database.read() as session:
        rows = list(session.scalars(select(Opinion).order_by(Opinion.id)))[-2:]
        assert [each.choice for each in rows] == ["同意", "不同意"]


def test_what_residents_say_is_escaped_masked_and_no_formula(served: Served) -> None:
    number = _opened(served, asks_contact="yes")
    said = "=HYPERLINK(1)<script>alert(1)</script>电话13800138003"
    with served.resident() as client:
        client.post(f"/opinions/{number}", data={"text": said, "name": "刘晓明", "contact": "13800138004"})
    with _staff(served, "auditor") as auditor:
        page = auditor.get(f"/opinion-desk/{number}").text
        assert "<script>alert" not in page
        assert "138****8003" in page
        assert "刘**" in page
        assert not {"13800138003", "13800138004", "刘晓明"} & set(re.findall(r"刘晓明|\d{11}", page))
        assert "看联系方式" not in page
        lines = auditor.get(f"/opinion-desk/{number}/answers.csv").text
        assert "138****8003" in lines
        assert not re.search(r'(^|,|")=', lines)


def test_the_result_is_shown_to_everybody_when_it_is_published(served: Served) -> None:
    number = _opened(served)
    with served.resident() as client, _staff(served, "supervisor") as supervisor:
        client.post(f"/opinions/{number}", data={"choice": "不同意", "text": "绕路"})
        form = {"csrf": hidden(supervisor.get(f"/opinion-desk/{number}").text)["csrf"]}
        supervisor.post(f"/opinion-desk/{number}/close", data=form)
        assert client.post(f"/opinions/{number}", data={"choice": "同意"}).status_code == 409
        assert "正在整理" in client.get(f"/opinions/{number}").text
        supervisor.post(f"/opinion-desk/{number}/summary", data=form | {"summary": "方案暂缓"})
        page = client.get(f"/opinions/{number}").text
    assert "方案暂缓" in page
    assert "1（100%）" in page
    assert "绕路" not in page, "what one wrote is for the district"
