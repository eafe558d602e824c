"""Residents' own pages from outside: the form step by step, looking up, adding, what is known."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from api import appeal_steps
from api.jobs import upkeep
from casework.draft_tables import AppealDraft
from casework.event_tables import Event, EventExclusion
from casework.message_tables import AttachedFile, Message
from casework.tables import Ticket
from tests.integration.self_served import PNG, WORDS, Served, served, unbraked

__all__ = ["served", "unbraked"]


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


def test_what_he_refused_on_the_form_is_kept_with_his_ticket(served: Served) -> None:
    key, now = served.begun(f"{WORDS}，另一处"), served.desk.now()
    with served.desk.database.write.begin() as session:
        event = Event(first_at=now, last_at=now, tickets=0, reporters=0)
        session.add(event)
        session.flush()
        refused = event.id
    appeal_steps.give(served.desk, key, refused=refused)
    with served.resident() as client:
        assert client.post(f"/appeal/{key}/check").status_code == 303
    with served.desk.database.read() as session:
        kept = session.scalars(select(EventExclusion).where(EventExclusion.event_id == refused)).one()
        assert "另一处" in kept.ticket.text
        assert (kept.by, kept.by_name) == (kept.ticket.resident_id, "居民本人")


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


def test_a_code_is_right_however_its_twelve_signs_are_typed(served: Served) -> None:
    ticket = served.sent()
    bare = ticket.code.replace("-", "")
    wide = "".join(chr(ord(each) + 0xFEE0) for each in ticket.code)
    spaced = f" {ticket.code.replace('-', ' ').lower()} "
    with served.resident() as client:
        for code in (bare, bare.lower(), wide, spaced, ticket.code.replace("-", "—")):
            found = client.post("/follow", data={"number": ticket.number, "code": code})
            assert found.headers["location"] == f"/q/{ticket.code}", code
            assert client.get("/q", params={"code": code}).headers["location"] == f"/q/{ticket.code}"
        for number in (ticket.number.replace("-", ""), ticket.number.replace("-", "－"), f" {ticket.number} "):
            found = client.post("/follow", data={"number": number, "code": bare})
            assert found.headers["location"] == f"/q/{ticket.code}", number
        assert client.get(f"/q/{bare.lower()}").status_code == 200
        assert client.post("/follow", data={"number": ticket.number, "code": bare[:-1]}).status_code == 404


def test_a_wrong_try_keeps_what_was_typed_in_both_fields(served: Served) -> None:
    with served.resident() as client:
        page = client.post("/follow", data={"number": "20990101-0001", "code": "abcd2345 wxyz"}).text
        assert 'name="number" value="20990101-0001"' in page
        assert 'name="code" value="abcd2345 wxyz"' in page
        assert 'name="code" value="ABCD-2345-WXYZ"' in client.get("/q/ABCD-2345-WXYZ").text


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


def test_the_page_of_a_code_shows_what_he_told_us_masked_with_his_additions_and_their_times(served: Served) -> None:
    ticket = served.sent(f"{WORDS}，我叫陶渊明，电话13800138003，住3号楼2906室")
    long = "又断了一根，" * 30 + "请快来"
    with served.resident() as client:
        client.post(f"/q/{ticket.code}/add", data={"text": "打了两次没人接13800138003"})
        client.post(f"/q/{ticket.code}/add", data={"text": long}, files=[("photos", ("二.png", PNG, "image/png"))])
        page = html.unescape(client.get(f"/q/{ticket.code}").text)
    (own,) = re.findall(r'<section class="own-words".*?</section>', page, re.DOTALL)
    assert f'<p class="said">{WORDS}，我叫陶**，电话138****8003，住**</p>' in own
    assert re.search(r"补充 \d{4}-\d\d-\d\d \d\d:\d\d</p><p class=\"said\">打了两次没人接138\*\*\*\*8003</p>", own)
    assert own.count("补充 ") == 2
    assert re.search(rf"<details><summary>.{{59}}…</summary><p class=\"said\">{long}</p></details>", own)
    assert "照片和文件 1 个" in own
    assert not any(each in page for each in ("陶渊明", "13800138003", "2906"))


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
