"""Residents' own pages from outside: the form step by step, looking up, adding, the captcha, forms of other sites."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from api import captcha, gate
from api.app import create_app
from api.desk import Desk
from api.jobs import upkeep
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from api.signing_in import Brake
from api.standins.background import BackgroundServer
from casework.draft_tables import AppealDraft
from casework.message_tables import AttachedFile, Message
from casework.opinion_tables import Opinion
from casework.tables import Ticket
from district.self_service import Asked
from tests.conftest import SmallDesk, set_up_desk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WORDS = "翠微亭小区东门的健身器材断了一根，孩子差点摔着"


@dataclass
class Served:
    desk: Desk
    url: str

    def resident(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)

    def begun(self, text: str = WORDS) -> str:
        """The key of a form with its first words."""
        with self.resident() as client:
            answer = client.post("/appeal", data={"text": text})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].split("/")[2]

    def sent(self, text: str = WORDS) -> Ticket:
        """The ticket of a form that was sent without more."""
        key = self.begun(text)
        with self.resident() as client:
            assert client.post(f"/appeal/{key}/check").headers["location"] == f"/appeal/{key}/done"
            page = client.get(f"/appeal/{key}/done").text
        code = re.search(r"/q/([A-Z0-9-]+)/slip", page)
        assert code
        return self.ticket(code[1])

    def ticket(self, code: str) -> Ticket:
        with self.desk.database.read() as session:
            return session.scalars(select(Ticket).where(Ticket.code == code)).one()

    def count(self, table: type) -> int:
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def served(
    request: pytest.FixtureRequest, small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("self-service") / "home"
    with ExitStack() as stack:
        given = stack.enter_context(set_up_desk(request, request.param, home, small=True))
        url = SecretStr(given) if given else None
        settings = Settings(home=home, pack=str(small_desk.pack), database_url=url, _env_file=None)  # type: ignore[call-arg]
        desk = Desk(settings)
        server = stack.enter_context(BackgroundServer(create_app(desk), lifespan="on"))
        yield Served(desk, server.url)


@pytest.fixture(autouse=True)
def unbraked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_brake", Brake())


# The form


def test_the_whole_way_makes_one_ticket_with_all_that_was_given(served: Served) -> None:
    key = served.begun(f"{WORDS}，请加固")
    street = served.desk.district.units.streets[0]
    with served.resident() as client:
        steps = [
            client.post(f"/appeal/{key}/place", data={"place": "东门里侧", "area": street.code}),
            client.post(f"/appeal/{key}/alike", data={"join": ""}),
            client.post(f"/appeal/{key}/photos", files=[("photos", ("断口.png", PNG, "image/png"))]),
            client.post(f"/appeal/{key}/contact", data={"phone": "13800138001", "name": "陶女士"}),
        ]
        assert [each.status_code for each in steps] == [303] * 4
        shown = client.get(f"/appeal/{key}/check").text
        assert all(each in shown for each in (f"{street.name}东门里侧", "陶女士，13800138001", "1 张"))
        for _ in range(2):
            assert client.post(f"/appeal/{key}/check").status_code == 303
        done = client.get(f"/appeal/{key}/done").text
    with served.desk.database.read() as session:
        (ticket,) = session.scalars(select(Ticket).where(Ticket.text.contains("请加固")))
        assert ticket.text == f"{WORDS}，请加固\n地点：{street.name}东门里侧"
        assert (ticket.sender, ticket.resident.name) == ("13800138001", "陶女士")
        (message,) = session.scalars(select(Message).where(Message.ticket_id == ticket.id))
        assert [each.name for each in message.attachments] == ["断口.png"]
        assert ticket.number in done
        assert ticket.code in done


def test_the_empty_page_names_the_emergency_numbers_and_says_how_long_the_way_is(served: Served) -> None:
    with served.resident() as client:
        page = client.get("/appeal").text
    assert all(f"tel:{number}" in page for number in (110, 119, 120))
    assert "第 1 步，共 5 步" in page


def test_going_back_keeps_what_is_on_the_screen_even_where_it_does_not_fit(served: Served) -> None:
    key = served.begun()
    with served.resident() as client:
        back = client.post(f"/appeal/{key}/contact", data={"phone": "12", "name": "陶女士", "go": "back"})
        assert back.headers["location"] == f"/appeal/{key}/photos"
        assert 'value="陶女士"' in client.get(f"/appeal/{key}/contact").text
        assert WORDS in client.get(f"/appeal/{key}/words").text


@pytest.mark.parametrize(
    ("step", "given", "said"),
    [
        ("contact", {"phone": "12"}, "不是手机号"),
        ("contact", {"name": "名" * 61}, "最多 60 个字"),
        ("place", {"place": "路" * 201}, "最多 200 个字"),
        ("words", {"text": "  "}, "请写一写"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_stays_in_it(
    served: Served, step: str, given: dict[str, str], said: str
) -> None:
    key = served.begun()
    with served.resident() as client:
        answer = client.post(f"/appeal/{key}/{step}", data=given)
    (field,) = given
    assert answer.status_code == 422
    assert re.search(rf'id="fault-{field}" role="alert">[^<]*{said}', answer.text)
    assert f'aria-describedby="fault-{field}"' in answer.text
    assert next(iter(given.values())).strip() in answer.text


def test_a_file_that_is_no_photo_is_refused_and_the_others_are_kept(served: Served) -> None:
    key = served.begun()
    with served.resident() as client:
        client.post(f"/appeal/{key}/photos", files=[("photos", ("一.png", PNG, "image/png"))])
        refused = client.post(f"/appeal/{key}/photos", files=[("photos", ("一.exe", b"MZ" + b"\0" * 60, "image/png"))])
        assert refused.status_code == 422
        assert "第 1 张没有收下：只收照片和 PDF" in refused.text
        assert "一.png" in refused.text


def test_no_more_photos_than_a_form_takes(served: Served) -> None:
    key = served.begun()
    files = [("photos", (f"{each}.png", PNG + bytes([each]), "image/png")) for each in range(9)]
    with served.resident() as client:
        assert client.post(f"/appeal/{key}/photos", files=files).status_code == 303
        again = client.post(f"/appeal/{key}/photos", files=[("photos", ("x.png", PNG + b"x", "image/png"))])
    assert again.status_code == 422
    assert "最多 9 张" in again.text


def test_photos_of_a_form_are_kept_while_it_is_and_go_with_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    key = served.begun()
    content = PNG + b"swept"
    with served.resident() as client:
        client.post(f"/appeal/{key}/photos", files=[("photos", ("一.png", content, "image/png"))])
        now = served.desk.now()
        with monkeypatch.context() as patch:
            patch.setattr(upkeep, "ORPHAN_AGE", timedelta(seconds=-60))
            upkeep.sweep_blobs(served.desk)
        assert "一.png" in client.get(f"/appeal/{key}/photos").text
        assert client.post(f"/appeal/{key}/check").status_code == 303, "the bytes are there"
    monkeypatch.setattr(served.desk, "now", lambda: now + timedelta(hours=72))
    upkeep.forget(served.desk)
    assert served.count(AppealDraft) == 0


def test_a_form_that_is_not_there_is_told_with_a_way_on(served: Served) -> None:
    with served.resident() as client:
        for step in ("words", "place", "check", "done"):
            answer = client.get(f"/appeal/no-such-key/{step}")
            assert answer.status_code == 404
            assert "请重新填写" in answer.text


def test_an_emergency_is_registered_with_its_first_words_and_told_whom_to_call(served: Served) -> None:
    with served.resident() as client:
        before = served.count(Ticket)
        answer = client.post("/appeal", data={"text": "我家厨房着火了，火越来越大"})
        assert answer.headers["location"].endswith("/urgent")
        assert served.count(Ticket) == before + 1
        page = client.get(answer.headers["location"]).text
        code = re.search(r"/q/([A-Z0-9-]+)/add", page)
        assert "tel:119" in page
        assert code
        added = client.post(f"/q/{code[1]}/add", data={"text": "翠微亭小区3号楼，电话13800138002"})
        assert added.status_code == 303
    assert "翠微亭小区3号楼" in served.ticket(code[1]).text


# Looking up


def test_a_wrong_number_and_a_wrong_code_are_told_alike(served: Served) -> None:
    ticket = served.sent()
    with served.resident() as client:
        right = client.post("/follow", data={"number": ticket.number, "code": ticket.code.lower()})
        assert right.headers["location"] == f"/q/{ticket.code}"
        wrong = [
            client.post("/follow", data={"number": number, "code": code})
            for number, code in ((ticket.number, "AAAA-BBBB-CCCC"), ("20990101-0001", ticket.code), ("", ""))
        ]
    assert {each.status_code for each in wrong} == {404}
    said = {re.search(r'role="alert">([^<]*)', each.text)[1] for each in wrong}  # type: ignore[index]
    assert len(said) == 1


def test_the_page_of_a_code_shows_the_slip_and_the_picture_of_its_address(served: Served) -> None:
    ticket = served.sent()
    with served.resident() as client:
        assert ticket.code in client.get(f"/q/{ticket.code}/slip").text
        drawn = client.get(f"/q/{ticket.code}/qr.svg")
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert client.get("/q/AAAA-BBBB-CCCC/qr.svg").status_code == 404


# Adding and urging


def test_what_he_adds_is_part_of_his_matter_once(served: Served) -> None:
    ticket = served.sent()
    files = [("photos", ("又一张.png", PNG + b"added", "image/png"))]
    with served.resident() as client:
        for _ in range(2):
            done = client.post(f"/q/{ticket.code}/add", data={"text": "又断了一根", "key": "k1"}, files=files)
            assert done.headers["location"] == f"/q/{ticket.code}?done=added"
    assert served.ticket(ticket.code).text == f"{ticket.text}\n又断了一根"
    with served.desk.database.read() as session:
        of_it = select(AttachedFile.name).join(Message).where(Message.ticket_id == ticket.id)
        assert list(session.scalars(of_it)) == ["又一张.png"]


def test_nothing_is_added_without_words_or_photos_nor_to_what_is_over(served: Served) -> None:
    ticket = served.sent()
    with served.resident() as client:
        empty = client.post(f"/q/{ticket.code}/add", data={"text": " "})
        assert empty.status_code == 422
        assert "请写几句话" in empty.text
        assert client.post(f"/q/{ticket.code}/withdraw", data={"confirm": "true"}).status_code == 303
        assert client.post(f"/q/{ticket.code}/add", data={"text": "又断了"}).status_code == 409
        assert "补充情况" not in client.get(f"/q/{ticket.code}").text
    assert served.ticket(ticket.code).text == ticket.text


def test_he_urges_once_a_day_and_the_page_says_when_again(served: Served) -> None:
    ticket = served.sent()
    with served.resident() as client:
        assert "催一催" in client.get(f"/q/{ticket.code}").text
        assert client.post(f"/q/{ticket.code}/urge").status_code == 303
        page = client.get(f"/q/{ticket.code}").text
        assert "催一催" not in page
        assert "以后可以再催" in page
        again = client.post(f"/q/{ticket.code}/urge")
    assert again.status_code == 429
    assert served.ticket(ticket.code).urgings == 1


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


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def _in_words(client: httpx.Client, path: str, form: dict[str, str]) -> tuple[dict[str, str], str]:
    """The page's form with the question in words, and its right answer."""
    page = client.post(path, data=form | {"captcha_kind": "words"}).text
    spoken = re.search(r'class="spoken">([^<]+)<', page)
    assert spoken
    return _hidden(page), spoken[1]


@pytest.mark.usefixtures("few")
def test_who_sends_much_is_asked_and_goes_on_with_what_he_wrote(served: Served) -> None:
    with served.resident() as client:
        for _ in range(2):
            assert client.post("/appeal", data={"text": WORDS}).status_code == 303
        asked = client.post("/appeal", data={"text": f"{WORDS}<b>"})
        assert asked.status_code == 429
        form = _hidden(asked.text)
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
        form, answer = _in_words(client, "/captcha", _hidden(asked.text))
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
        form = {"csrf": _hidden(editor.get("/opinion-desk/new").text)["csrf"]}
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
        form = {"csrf": _hidden(editor.get(f"/opinion-desk/{number}").text)["csrf"], "many": "2"}
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
        form = {"csrf": _hidden(supervisor.get(f"/opinion-desk/{number}").text)["csrf"]}
        supervisor.post(f"/opinion-desk/{number}/close", data=form)
        assert client.post(f"/opinions/{number}", data={"choice": "同意"}).status_code == 409
        assert "正在整理" in client.get(f"/opinions/{number}").text
        supervisor.post(f"/opinion-desk/{number}/summary", data=form | {"summary": "方案暂缓"})
        page = client.get(f"/opinions/{number}").text
    assert "方案暂缓" in page
    assert "1（100%）" in page
    assert "绕路" not in page, "what one wrote is for the district"


# Knowledge


def test_residents_find_what_is_in_force_by_words_and_by_category(served: Served) -> None:
    with served.resident() as client:
        first = client.get("/knowledge").text
        assert "大家常问" in first
        area = re.search(r'/knowledge\?category=(\d\d)"', first)
        assert area
        listed = client.get("/knowledge", params={"category": area[1]}).text
        title = re.search(r'<h3><a href="/knowledge/([^"?]+)">([^<]+)</a>', listed)
        assert title
        found = client.get("/knowledge", params={"q": html.unescape(title[2])}).text
        assert f"/knowledge/{title[1]}?s=" in found
        assert "没有找到" in client.get("/knowledge", params={"q": "zzzqqqxxx"}).text
        assert client.get("/knowledge", params={"category": "zz'; --"}).status_code == 200
