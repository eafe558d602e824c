"""A resident's data are given to him and erased by law: nothing of him is left, and the rates are as before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import learning, past_cases, person_file, person_requests, rates, requests
from casework.actors import Actor
from casework.dialogue.note_tables import InternalNote
from casework.dialogue.tables import Dialogue
from casework.errors import NeedMissing, NotAllowed
from casework.inspection_tables import Inspection
from casework.message_tables import AttachedFile, Message
from casework.resident_errors import (
    NotConfirmed,
    PersonRequestDecided,
    PersonRequestPending,
    ResidentErased,
    StillInHand,
    UnknownGround,
    WithinRetention,
)
from casework.resident_tables import ErasureMark, PersonRequest, Resident
from casework.supervision_tables import FollowedUp, LeadersNote, SupervisionOrder
from casework.tables import Case, Correction, Ticket, TicketFacts
from district.schemas import Role
from storage.audit import AuditRow
from storage.database import Base

from .conftest import AGENT, CALLER, NOW, SUPERVISOR, Bench, text_message
from .on_one import bench
from .test_joining import join, met

__all__ = ["bench"]

SECRET = "我叫王小明，电话13800005678，光明路的路灯坏了三天没人修"
YEARS = timedelta(days=3 * 366)
ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)


@pytest.fixture
def desk(bench: Bench) -> Bench:
    return bench


def closed(desk: Bench, text: str = SECRET) -> str:
    """A resident whose only ticket went all the way; his id."""
    case = desk.case(text)
    lead = desk.lead(case)
    desk.do(case, "sign", lead)
    officer = desk.lead(case, Role.UNIT_OFFICER)
    asked = desk.do(case, "answer", officer, text="王小明您好，修好了", record="王小明在场，电话13800005678")
    with desk.database.write.begin() as session:
        changed = "王小明您好，路灯已修好，电话13800005678已登记。"
        request = requests.get(session, asked.id)
        requests.decide(session, desk.district, request, approve=True, actor=lead, now=NOW, changed=changed)
    desk.call_back(case, reached=True, contacted=True, resolved=True, satisfaction="satisfied", text="王小明很满意")
    return desk.look(lambda session: session.get_one(Case, case).tickets[0].resident_id)


def ask(
    desk: Bench, who: str, kind: str = "erasure", ground: str = "unlawful", actor: Actor = AGENT, **more: Any
) -> str:
    with desk.database.write.begin() as session:
        return person_requests.ask(
            session,
            desk.district,
            session.get_one(Resident, who),
            kind,
            proof=more.get("proof", "本人持证件到场"),
            ground=ground,
            actor=actor,
            now=more.get("now", NOW),
        ).id


def decide(desk: Bench, key: str, *, actor: Actor = SUPERVISOR, now: datetime = NOW, **given: Any) -> str:
    given = {"approve": True, "confirmed": True} | given
    with desk.database.write.begin() as session:
        found = person_requests.get(session, key)
        return person_requests.decide(session, desk.district, found, actor=actor, now=now, **given)


def everything(desk: Bench) -> str:
    """Every value of every row of the database, as text."""
    with desk.database.read() as session:
        found = []
        for table in Base.metadata.sorted_tables:
            if table.name != "rule_versions":
                found += [str(tuple(row)) for row in session.execute(select(table))]
    return "\n".join(found)


def watched(desk: Bench, who: str) -> None:
    """What supervision wrote about him: an order, a leader's note, an inspection, a word on the follow-up list."""
    said = "王小明，13800005678"
    with desk.database.write.begin() as session:
        (ticket,) = session.scalars(select(Ticket).where(Ticket.resident_id == who))
        issued = {"level": "yellow", "label": "黄牌", "unit": "U001", "term": "1 wd office", "issued_by": "u"}
        moments = {"issued_at": NOW, "due_at": NOW}
        order = SupervisionOrder(case_id=ticket.case_id, state="answered", text=said, answer=said, **issued, **moments)
        note = {"leader": "李区长", "office": "区长", "entered_by": "u", "noted_on": NOW.date(), "entered_at": NOW}
        work = {"kind": "callback", "work": ticket.id, "worker": "u", "worked_at": NOW, "week": NOW.date(), "sheet": {}}
        session.add(order)
        noted = {"at": NOW, "by": "u", "by_name": "坐席", "text": said}
        session.add_all((InternalNote(ticket_id=ticket.id, **noted), InternalNote(case_id=ticket.case_id, **noted)))
        session.scalars(select(Dialogue).where(Dialogue.sender == ticket.sender)).one().state = {
            "given": {"contact": said}
        }
        session.add(LeadersNote(case_id=ticket.case_id, state="standing", text=said, asks_answer=False, **note))
        session.add(Inspection(ticket_id=ticket.id, drawn_at=NOW, state="scored", comment=said, **work))
        for subject in (ticket.id, ticket.case_id, who):
            session.add(FollowedUp(reason="urged", subject=subject, person="", mark="1", word=said, by="u", at=NOW))


def test_nothing_of_him_is_left_anywhere_in_the_database(desk: Bench) -> None:
    who = closed(desk)
    watched(desk, who)
    before = everything(desk)
    assert all(word in before for word in ("王小明", "13800005678", "刘先生", "o-1'"))
    decide(desk, ask(desk, who))
    after = everything(desk)
    for word in ("王小明", "13800005678", "刘先生", "o-1'", "路灯坏了三天"):
        assert word not in after, word


def test_what_the_district_is_measured_by_stays_and_the_rates_are_equal(desk: Bench) -> None:
    who = closed(desk)
    desk.ticket("另一位居民：幼儿园门口乱停车堵住出入口")
    around = {"start": NOW - timedelta(days=9), "end": NOW + timedelta(days=9)}

    def measured() -> tuple[Any, Any, Any]:
        def read(session: Any) -> tuple[Any, Any, Any]:
            table = rates.compute(session, desk.district, by="unit", **around)
            facts = [
                {c.name: getattr(row, c.name) for c in TicketFacts.__table__.columns}
                for row in session.scalars(select(TicketFacts).order_by(TicketFacts.ticket_id))
            ]
            cases = [
                (case.category, case.lead_unit, [(c.name, c.due_at, c.stopped_at) for c in case.clocks])
                for case in session.scalars(select(Case).order_by(Case.id))
            ]
            return table, facts, cases

        return desk.look(read)

    before = measured()
    decide(desk, ask(desk, who))
    assert measured() == before


def test_the_public_answer_stays_without_his_name_where_the_pack_keeps_it(desk: Bench) -> None:
    who = closed(desk)
    case = desk.look(lambda session: session.scalars(select(Case.id)).one())
    decide(desk, ask(desk, who))
    answer = desk.look(lambda session: session.get_one(Case, case).answer)
    assert "路灯已修好" in answer
    other = replace(desk.district, retention=desk.district.retention.model_copy(update={"keeps": ("category",)}))
    again = Bench(desk.database, other, _count=5)
    second = closed(again)
    decide(again, ask(again, second))
    answers = again.look(lambda session: list(session.scalars(select(Case.answer).order_by(Case.id))))
    assert answers[1].startswith("〔个人信息已依法删除：")


def test_a_shared_case_keeps_the_other_reporters_words(desk: Bench) -> None:
    case = desk.case("幼儿园门口乱停车，家长李先生联系13900001234")
    second = desk.ticket("也来说：幼儿园门口乱停车")
    with desk.database.write.begin() as session:
        from casework import desk_work

        from .conftest import DISPATCHER

        one, its = session.get_one(Ticket, second), session.get_one(Case, case)
        desk_work.merge(session, desk.district, one, its, actor=DISPATCHER, now=NOW)
    lead = desk.lead(case)
    desk.do(case, "sign", lead)
    desk.do(case, "answer", lead, text="已增派人员")
    for _ in range(2):
        desk.call_back(case, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    his = desk.look(lambda session: session.get_one(Ticket, second).resident_id)
    decide(desk, ask(desk, his))
    titles = desk.look(lambda session: [each.text for each in session.get_one(Case, case).tickets])
    assert titles[0].startswith("幼儿园门口")
    assert titles[1].startswith("〔个人信息已依法删除")


def test_the_receipt_proves_what_stood_there_and_nothing_else_does(desk: Bench) -> None:
    who = closed(desk)
    key = ask(desk, who)
    receipt = decide(desk, key)
    marks = desk.look(lambda session: list(session.scalars(select(ErasureMark).where(ErasureMark.request_id == key))))
    text = {each.sha256 for each in marks if (each.thing, each.field) == ("tickets", "text")}
    assert text == {hashlib.sha256(bytes.fromhex(receipt) + SECRET.encode()).hexdigest()}
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in {each.sha256 for each in marks}
    assert receipt not in everything(desk)


def test_what_was_erased_is_learnt_from_no_more(desk: Bench) -> None:
    who = closed(desk)
    with desk.database.write.begin() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.resident_id == who)).one()
        session.add(Correction(ticket_id=ticket.id, field="category", corrected=ticket.category, by="u", at=NOW))
    assert len(desk.look(lambda session: list(learning.corrected(session)))) == 1
    assert len(desk.look(past_cases.answered)) == 1
    decide(desk, ask(desk, who))
    assert desk.look(lambda session: list(learning.corrected(session))) == []
    assert desk.look(past_cases.answered) == []


def test_his_files_and_payloads_are_named_by_no_row_so_that_the_sweep_takes_them(desk: Bench) -> None:
    who = closed(desk)
    with desk.database.write.begin() as session:
        message = session.scalars(select(Message).where(Message.resident_id == who)).first()
        assert message is not None
        session.add(
            AttachedFile(message_id=message.id, position=0, name="王小明.jpg", media_type="image/jpeg", blob="c" * 64)
        )
    decide(desk, ask(desk, who))
    assert set(desk.look(lambda session: list(session.scalars(select(AttachedFile.blob))))) == {""}
    assert "b" * 64 not in desk.look(lambda session: list(session.scalars(select(Message.blob))))


def test_who_writes_again_after_it_is_somebody_new(desk: Bench) -> None:
    who = closed(desk)
    decide(desk, ask(desk, who))
    again = desk.receive(text_message("楼道里堆满了杂物没有人清", delivery="again", sender="o-1")).ticket_id
    assert desk.look(lambda session: session.get_one(Ticket, again).resident_id) != who


def test_the_records_that_were_joined_to_him_are_erased_with_him(desk: Bench) -> None:
    who = closed(desk)
    lost = met(desk, "88", "telegram")
    join(desk, who, lost)
    with desk.database.write.begin() as session:
        for ticket in session.scalars(select(Ticket).where(Ticket.state == "received")):
            ticket.state, ticket.closed_at = "withdrawn", NOW
    decide(desk, ask(desk, who))
    assert desk.look(lambda session: session.get_one(Resident, lost).name) == ""
    assert "'88'" not in everything(desk)


def test_nothing_is_erased_while_a_ticket_is_open(desk: Bench) -> None:
    case = desk.case()
    who = desk.look(lambda session: session.get_one(Case, case).tickets[0].resident_id)
    with pytest.raises(StillInHand):
        ask(desk, who)
    lead = desk.lead(case)
    desk.do(case, "sign", lead)
    desk.do(case, "answer", lead, text="已修好")
    with pytest.raises(StillInHand):
        ask(desk, who)


def test_within_the_term_only_the_grounds_that_go_before_it_erase(desk: Bench) -> None:
    who = closed(desk)
    for ground in ("purpose_over", "term_over", "consent_withdrawn"):
        with pytest.raises(WithinRetention) as refused:
            ask(desk, who, ground=ground)
        assert refused.value.until == "2029-03-24"
    with pytest.raises(UnknownGround):
        ask(desk, who, ground="because")
    key = ask(desk, who, ground="term_over", now=NOW + YEARS)
    with pytest.raises(WithinRetention):
        decide(desk, key, now=NOW)
    assert decide(desk, key, now=NOW + YEARS)


def test_the_term_is_over_on_its_day_and_not_before(desk: Bench) -> None:
    who = closed(desk)
    last = datetime(2029, 3, 23, 15, 59, tzinfo=UTC)
    with pytest.raises(WithinRetention):
        ask(desk, who, ground="term_over", now=last)
    assert ask(desk, who, ground="term_over", now=last + timedelta(minutes=1))


def test_an_erasure_is_confirmed_and_decided_once_by_who_may(desk: Bench) -> None:
    who = closed(desk)
    for role in set(Role) - person_requests.ASKS:
        with pytest.raises(NotAllowed):
            ask(desk, who, actor=Actor("u", "某人", role, "U001"))
    with pytest.raises(NeedMissing):
        ask(desk, who, proof=" ")
    key = ask(desk, who)
    with pytest.raises(PersonRequestPending):
        ask(desk, who)
    for role in set(Role) - person_requests.DECIDES:
        with pytest.raises(NotAllowed):
            decide(desk, key, actor=Actor("u", "某人", role, "U001"))
    with pytest.raises(NotConfirmed):
        decide(desk, key, confirmed=False)
    with pytest.raises(NeedMissing):
        decide(desk, key, approve=False)
    decide(desk, key, actor=ADMINISTRATOR)
    with pytest.raises(PersonRequestDecided):
        decide(desk, key)
    with pytest.raises(ResidentErased):
        ask(desk, who)
    acts = desk.look(
        lambda s: list(s.scalars(select(AuditRow.act).where(AuditRow.subject == "resident").order_by(AuditRow.id)))
    )
    assert acts == ["ask_erasure", "approve_erasure"]
    done = desk.look(lambda session: session.get_one(PersonRequest, key))
    assert (done.state, done.result["tickets"]) == ("done", 1)


def test_a_refused_erasure_takes_nothing(desk: Bench) -> None:
    who = closed(desk)
    before = everything(desk).count("王小明")
    assert decide(desk, ask(desk, who), approve=False, text="未能核实是本人") == ""
    assert everything(desk).count("王小明") == before


def test_the_copy_holds_all_that_is_his_and_nothing_of_the_others(desk: Bench) -> None:
    who = closed(desk)
    desk.ticket("别人的事：幼儿园门口乱停车，联系人张大力")
    key = ask(desk, who, "export")
    decide(desk, key)
    with desk.database.write.begin() as session:
        his = person_requests.fetch(session, desk.district, person_requests.get(session, key), actor=AGENT, now=NOW)
        copy = person_file.gather(session, desk.district, his, now=NOW)
    words = json.dumps(copy, ensure_ascii=False)
    assert all(part in words for part in (SECRET, "o-1", "王小明很满意", "路灯已修好"))
    assert "张大力" not in words
    (ticket,) = copy["tickets"]
    assert [len(ticket[part]) > 0 for part in ("messages", "deliveries", "callbacks")] == [True, True, True]


def test_a_copy_is_fetched_when_approved_for_some_days_by_who_hands_it_over(desk: Bench) -> None:
    who = closed(desk)
    key = ask(desk, who, "export")

    def fetch(actor: Actor = AGENT, now: datetime = NOW) -> None:
        with desk.database.write.begin() as session:
            found = person_requests.get(session, key)
            person_requests.fetch(session, desk.district, found, actor=actor, now=now)

    with pytest.raises(PersonRequestDecided):
        fetch()
    decide(desk, key)
    for actor in (SUPERVISOR, ADMINISTRATOR, CALLER):
        with pytest.raises(NotAllowed):
            fetch(actor)
    with pytest.raises(PersonRequestDecided):
        fetch(now=NOW + timedelta(days=8))
    fetch()
    acts = desk.look(
        lambda s: list(s.scalars(select(AuditRow.act).where(AuditRow.subject == "resident").order_by(AuditRow.id)))
    )
    assert acts == ["ask_export", "approve_export", "fetch_export"]
