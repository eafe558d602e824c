"""内部备注 never leave: after a long play no text that goes out, and no page of a resident's, has a word of them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import inspect, select

from casework.message_tables import Message
from casework.tables import Notice, Step, Ticket
from storage.deliveries import Delivery
from tests.integration.interface import World, problem, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
SECRETS = ("此人去年闹过访", "领导打过招呼", "承办人说先拖着")
FOR_UNITS = "居民耳背请大声些"
LEAD = "lead-U001"


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def played(world: World) -> str:
    """A matter from the first word to the callback, with a note before every step; the ticket's id."""
    case_id = world.case()
    agent, lead, caller = (world.as_(name) for name in ("dispatcher", LEAD, "callback"))
    ticket = done(agent.get(f"/cases/{case_id}"))["tickets"][0]["id"]
    done(agent.post(f"/tickets/{ticket}/notes", json={"text": SECRETS[0]}))
    done(agent.post(f"/tickets/{ticket}/take", json={}))
    done(agent.post(f"/tickets/{ticket}/messages", json={"text": "请问具体在哪里？"}))
    done(agent.post(f"/cases/{case_id}/notes", json={"text": SECRETS[1]}))
    done(agent.post(f"/tickets/{ticket}/notes", json={"text": FOR_UNITS, "for_units": True}))
    done(agent.post(f"/tickets/{ticket}/hand-back", json={}))
    done(lead.post(f"/cases/{case_id}/transitions/sign", json={}))
    done(lead.post(f"/cases/{case_id}/transitions/contact", json={"text": "已联系"}))
    done(lead.post(f"/cases/{case_id}/transitions/answer", json={"text": "已经派人处理完毕。"}))
    done(agent.post(f"/tickets/{ticket}/notes", json={"text": SECRETS[2]}))
    told = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
    done(caller.post(f"/tickets/{ticket}/callbacks", json=told))
    return str(ticket)


def texts(world: World, table: Any) -> list[str]:
    """Every word of a table: its texts and what is in its documents."""
    with world.desk.database.read() as session:
        rows = list(session.scalars(select(table)))
        names = [each.key for each in inspect(table).columns]
        return [str(getattr(row, name)) for row in rows for name in names]


def test_the_desk_reads_them_beside_the_conversation(world: World, played: str) -> None:
    notes = done(world.as_("agent").get(f"/tickets/{played}"))["notes"]
    assert [each["text"] for each in notes] == [SECRETS[0], SECRETS[1], FOR_UNITS, SECRETS[2]]
    page = signed_in(world, "agent").get(f"/tickets/{played}").text
    assert page.count("内部备注，居民看不到") == 4


def test_nothing_that_was_sent_or_told_has_a_word_of_them(world: World, played: str) -> None:
    for table in (Delivery, Notice, Step, Message, Ticket):
        assert [each for each in texts(world, table) if any(word in each for word in (*SECRETS, FOR_UNITS))] == []
    assert any("已经派人处理完毕" in each for each in texts(world, Delivery))


def test_the_residents_page_and_his_copy_have_no_word_of_them(world: World, played: str) -> None:
    agent, supervisor = world.as_("agent"), world.as_("supervisor")
    with world.desk.database.read() as session:
        ticket = session.get_one(Ticket, played)
        code, resident = ticket.code, ticket.resident_id
    asked = done(agent.post(f"/residents/{resident}/requests", json={"kind": "export", "proof": "本人到场"}))
    key = asked["requests"][0]["id"]
    done(supervisor.post(f"/person-requests/{key}/decision", json={"approve": True}))
    with zipfile.ZipFile(io.BytesIO(agent.get(f"/person-requests/{key}/copy").content)) as copy:
        shown = [copy.read(name).decode("utf-8", "replace") for name in copy.namelist()]
    shown.append(signed_in(world, "agent").get(f"/q/{code}").text)
    assert any("已经派人处理完毕" in each for each in shown)
    assert [word for word in (*SECRETS, FOR_UNITS) for each in shown if word in each] == []


def test_a_unit_reads_only_what_is_marked_for_it(world: World, played: str) -> None:
    whole = done(world.as_(LEAD).get(f"/tickets/{played}"))
    browser = signed_in(world, LEAD)
    shown = [
        str(whole),
        str(done(world.as_(LEAD).get(f"/cases/{whole['case_id']}/notes"))),
        browser.get(f"/tickets/{played}").text,
        browser.get(f"/tickets/{played}/conversation").text,
        browser.get(f"/cases/{whole['case_id']}").text,
        browser.get("/export/cases.csv").text,
        browser.get("/export/tickets.csv").text,
    ]
    assert [each["text"] for each in whole["notes"]] == [FOR_UNITS]
    assert [word for word in SECRETS for each in shown if word in each] == []


def test_what_a_unit_notes_the_desk_and_the_unit_read(world: World) -> None:
    case = world.case()
    done(world.as_(LEAD).post(f"/cases/{case}/notes", json={"text": "现场需要吊车"}))
    for login in (LEAD, "agent"):
        (note,) = done(world.as_(login).get(f"/cases/{case}/notes"))["items"]
        assert (note["text"], note["unit"]) == ("现场需要吊车", "U001")
    problem(world.as_("lead-U002").get(f"/cases/{case}/notes"), 404, "unknown-case")
