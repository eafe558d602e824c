"""Files on a case: a move that needs evidence is made with a file of its own case, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from casework import case_files, infections, requests, rules, tickets
from casework.actors import Actor, Given
from casework.case_file_errors import UnknownCaseFile
from casework.case_file_tables import CaseFile
from casework.errors import NeedMissing, NotAllowed
from casework.message_tables import Message
from casework.reading import REPORT, Reader
from casework.tables import Case, Notice, Request, Step, Ticket
from district.schemas import Role
from storage.audit import AuditRow
from storage.database import new_id

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench
from .on_one import bench
from .rule_bench import newer
from .test_erasure import ask, closed, decide, everything

__all__ = ["bench"]
DIGEST = "f" * 64


def needing(bench: Bench, *names: str) -> Bench:
    """The bench with a workflow in which these moves and requests need a file."""

    def change(data: dict[str, Any]) -> None:
        for each in (*data["case"]["transitions"], *data["requests"]):
            if each["name"] in names:
                each["needs"] = [*each["needs"], "attachment"]

    bench.district = newer(bench.district, change)
    with bench.database.write.begin() as session:
        rules.keep(session, bench.district, now=NOW)
    return bench


def put(bench: Bench, case_id: str, actor: Actor, name: str = "现场.png", blob: str = DIGEST) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        kept = case_files.keep(session, bench.district, case, name, "image/png", 7, blob, actor=actor, now=NOW)
        return kept.id


def ask_for(bench: Bench, case_id: str, kind: str, actor: Actor, **given: Any) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        asked = requests.ask(session, bench.district, case, kind, actor=actor, now=NOW, given=Given(**given))
        return asked.id


def resolve(bench: Bench, key: str, actor: Actor, *, approve: bool = True) -> None:
    with bench.database.write.begin() as session:
        request = requests.get(session, key)
        requests.decide(session, bench.district, request, approve=approve, actor=actor, now=NOW)


def kept(bench: Bench, case_id: str) -> list[CaseFile]:
    query = select(CaseFile).where(CaseFile.case_id == case_id).order_by(CaseFile.at, CaseFile.id)
    found: list[CaseFile] = bench.look(lambda session: list(session.scalars(query)))
    return found


def signed(bench: Bench) -> tuple[str, Actor]:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    return case_id, lead


def test_a_move_that_needs_a_file_is_made_with_one_of_its_case_and_rests_on_it(bench: Bench) -> None:
    needing(bench, "contact")
    case_id, lead = signed(bench)
    with pytest.raises(NeedMissing) as refused:
        bench.do(case_id, "contact", lead, text="已联系")
    assert refused.value.need == "attachment"
    file = put(bench, case_id, lead)
    step = bench.do(case_id, "contact", lead, text="已联系", attachment=file)
    (row,) = kept(bench, case_id)
    assert (row.step_id, row.request_id, row.by, row.by_unit) == (step.id, None, lead.id, lead.unit)
    added = bench.look(lambda session: session.scalars(select(Step).where(Step.move == "add_file")).one())
    assert (added.case_id, added.actor, added.label) == (case_id, lead.id, "添加附件")


def _of_another(bench: Bench, case_id: str) -> str:
    with bench.database.write.begin() as session:
        other = Case(
            **{each.name: getattr(session.get_one(Case, case_id), each.name) for each in Case.__table__.columns}
        )
        other.id, other.number = new_id(), "C-OTHER"
        session.add(other)
        session.flush()
        key = other.id
    return put(bench, key, SUPERVISOR)


@pytest.mark.parametrize("key", [_of_another, lambda *_: new_id(), lambda *_: "'; drop table cases"])
def test_a_file_that_is_not_of_the_case_meets_no_need_and_nothing_is_done(
    bench: Bench, key: Callable[[Bench, str], str]
) -> None:
    needing(bench, "contact")
    case_id, lead = signed(bench)
    wrong = key(bench, case_id)
    with pytest.raises(UnknownCaseFile):
        bench.do(case_id, "contact", lead, text="已联系", attachment=wrong)
    with pytest.raises(UnknownCaseFile):
        ask_for(bench, case_id, "exclusion", lead, reason="malicious", text="恶意", attachment=wrong)
    assert not bench.look(lambda session: session.scalars(select(Request.id)).all())
    assert bench.look(lambda session: session.get_one(Case, case_id).contacted_at) is None


def test_what_an_approved_request_rests_on_its_move_rests_on_too(bench: Bench) -> None:
    needing(bench, "suspension", "suspend")
    case_id, lead = signed(bench)
    given = {"reason": "other", "text": "待资金", "review_date": NOW.date().replace(month=9)}
    with pytest.raises(NeedMissing):
        ask_for(bench, case_id, "suspension", lead, **given)
    key = ask_for(bench, case_id, "suspension", lead, **given, attachment=put(bench, case_id, lead))
    assert [(each.request_id, each.step_id) for each in kept(bench, case_id)] == [(key, None)]
    resolve(bench, key, SUPERVISOR)
    assert bench.state(case_id) == "suspended"
    step = bench.look(lambda session: session.scalars(select(Step.id).where(Step.move == "suspend")).one())
    assert [(each.request_id, each.step_id) for each in kept(bench, case_id)] == [(key, step)]


def test_a_move_that_asks_first_has_its_file_with_the_request(bench: Bench) -> None:
    needing(bench, "answer")
    case_id, lead = signed(bench)
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    asked = bench.do(case_id, "answer", officer, text="已修好", attachment=put(bench, case_id, officer))
    assert isinstance(asked, Request)
    resolve(bench, asked.id, lead)
    (row,) = kept(bench, case_id)
    assert row.request_id == asked.id
    assert row.step_id
    assert bench.state(case_id) == "answered"


def test_a_file_named_again_stays_with_what_it_was_given_for_first(bench: Bench) -> None:
    case_id, lead = signed(bench)
    file = put(bench, case_id, lead)
    given = {"reason": "malicious", "text": "恶意重复", "attachment": file}
    first = ask_for(bench, case_id, "exclusion", lead, **given)
    resolve(bench, first, SUPERVISOR, approve=False)
    second = ask_for(bench, case_id, "exclusion", lead, **given)
    rows = {each.request_id: each for each in kept(bench, case_id)}
    assert rows.keys() == {first, second}
    assert rows[first].id == file
    assert {each.blob for each in rows.values()} == {DIGEST}


@pytest.mark.parametrize("actor", [AGENT, CALLER, AUDITOR, Actor("u-x", "他单位", Role.UNIT_LEAD, "U999")])
def test_who_may_do_nothing_on_a_case_puts_no_file_there(bench: Bench, actor: Actor) -> None:
    case_id, lead = signed(bench)
    other = next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != lead.unit)
    actor = actor if actor.unit != "U999" else Actor(actor.id, actor.name, actor.role, other)
    with pytest.raises(NotAllowed):
        put(bench, case_id, actor)
    assert not kept(bench, case_id)


def seen(bench: Bench, case_id: str, actor: Actor) -> set[str]:
    def read(session: Any) -> set[str]:
        return {each.name for each in case_files.of_case(session, session.get_one(Case, case_id), actor)}

    found: set[str] = bench.look(read)
    return found


def told(bench: Bench, case_id: str, actor: Actor) -> str:
    """The texts of the case's timeline as the actor reads them."""

    def read(session: Any) -> str:
        case = session.get_one(Case, case_id)
        steps = Reader(bench.district, actor).step_texts(tickets.timeline(session, case=case), case)
        return "\n".join(each["text"] for each in steps)

    found: str = bench.look(read)
    return found


@pytest.mark.parametrize("hidden_by", ["report", "confidential"])
def test_a_unit_does_not_see_what_the_desk_put_on_a_case_whose_reporter_is_hidden(bench: Bench, hidden_by: str) -> None:
    case_id, lead = signed(bench)
    desks, own = put(bench, case_id, DISPATCHER, "举报材料.png"), put(bench, case_id, lead, "检查.png")
    assert seen(bench, case_id, lead) == {"举报材料.png", "检查.png"}
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        if hidden_by == "report":
            case.request_type = REPORT
        else:
            case.tickets[0].confidential = True
    assert seen(bench, case_id, lead) == {"检查.png"}
    assert seen(bench, case_id, SUPERVISOR) == {"举报材料.png", "检查.png"}
    assert "举报材料" not in told(bench, case_id, lead), "nor what it is called"
    assert "检查.png" in told(bench, case_id, lead)
    assert "举报材料.png" in told(bench, case_id, SUPERVISOR)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        assert case_files.take(session, case, own, lead).name == "检查.png"
        with pytest.raises(UnknownCaseFile):
            case_files.take(session, case, desks, lead)
    with pytest.raises(UnknownCaseFile):
        ask_for(bench, case_id, "exclusion", lead, reason="malicious", text="恶意", attachment=desks)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.KNOWLEDGE_EDITOR])
def test_who_sees_no_person_gets_no_file(bench: Bench, role: Role) -> None:
    case_id, lead = signed(bench)
    file = put(bench, case_id, lead)
    with bench.database.read() as session, pytest.raises(NotAllowed):
        case_files.take(session, session.get_one(Case, case_id), file, Actor("u", "人", role))


def test_who_gets_a_file_is_on_record(bench: Bench) -> None:
    case_id, lead = signed(bench)
    file = put(bench, case_id, lead)
    with bench.database.write.begin() as session:
        found = case_files.take(session, session.get_one(Case, case_id), file, SUPERVISOR)
        case_files.note_read(session, found, SUPERVISOR, now=NOW)
    (row,) = bench.look(lambda session: session.scalars(select(AuditRow).where(AuditRow.act == "read_case_file")).all())
    assert (row.actor, row.subject_id, row.details) == (SUPERVISOR.id, case_id, {"file": file})


def test_a_virus_in_a_file_of_a_case_is_told_for_its_tickets(bench: Bench) -> None:
    case_id, lead = signed(bench)
    put(bench, case_id, lead)
    assert DIGEST in bench.look(lambda session: infections.waiting(session, now=NOW, limit=9))
    with bench.database.write.begin() as session:
        infections.keep(session, bench.district, DIGEST, "infected", "Eicar", now=NOW)
    told = bench.look(lambda session: session.scalars(select(Notice).where(Notice.template == "infected")).all())
    assert [each.ticket_id for each in told] == bench.look(
        lambda session: [each.id for each in session.get_one(Case, case_id).tickets]
    )


def test_files_of_a_case_that_is_his_alone_lose_name_and_bytes_when_he_is_erased(bench: Bench) -> None:
    who = closed(bench)
    case_id = bench.look(lambda session: session.scalars(select(Ticket.case_id).where(Ticket.resident_id == who)).one())
    key = put(bench, case_id, SUPERVISOR, "王小明的来信.png")
    assert DIGEST in bench.look(case_files.blobs)
    decide(bench, ask(bench, who))
    assert "王小明的来信" not in everything(bench)
    assert DIGEST not in bench.look(lambda session: set(case_files.blobs(session)))
    with bench.database.read() as session, pytest.raises(UnknownCaseFile):
        case_files.take(session, session.get_one(Case, case_id), key, SUPERVISOR)
    assert bench.look(lambda session: session.scalars(select(Message.blob)).all()), "messages there were"
