"""Where a resident's words stay beside his case: alerts and their letters, hand-overs, cases that his ticket has left."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from casework import alert_calls, alerts, desk_work, hand_over, merging
from casework.alert_calls import Line
from casework.people_tables import Alert
from casework.tables import Case, Ticket
from district.schemas import Role

from .conftest import DISPATCHER, NOW, SUPERVISOR, Bench
from .on_one import bench
from .people_bench import staff
from .test_erasure import SECRET, ask, closed, decide, desk, everything

__all__ = ["bench", "desk"]
LAMP = "光明路的路灯坏了三天"


def case_of(desk: Bench, who: str) -> str:
    return desk.look(lambda session: session.scalars(select(Ticket.case_id).where(Ticket.resident_id == who)).one())


def test_alerts_of_his_matter_and_their_letters_lose_his_words(desk: Bench) -> None:
    who = closed(desk)
    staff(desk, "boss", Role.SUPERVISOR, email="boss@example.org")
    with desk.database.write.begin() as session:
        lines = Line("robot", "wecom_robot", "duty"), Line("mail", "mailbox", "main")
        alert_calls.know(session, lines)
        case = session.get_one(Case, case_of(desk, who))
        for key, ticket in (("red:1", None), ("emergency:1", case.tickets[0])):
            text = f"办件 {case.number}（{LAMP}）"
            made = alerts.raise_alert(session, desk.district, "emergency", key, text, now=NOW, case=case, ticket=ticket)
            assert made is not None
            alerts.acknowledge(session, desk.district, made.id, actor=SUPERVISOR, now=NOW)
    letters = [each.text for name in ("alert_raised", "alert_acknowledged") for each in desk.said(name)]
    assert len(letters) == 8, "by robot and by letter, each told of twice, each acknowledged"
    assert all(LAMP in each for each in letters)
    decide(desk, ask(desk, who))
    assert LAMP not in everything(desk)
    assert len(desk.look(lambda session: list(session.scalars(select(Alert))))) == 2


def test_what_a_co_handler_said_is_erased_from_hand_overs_too(desk: Bench) -> None:
    who = closed(desk)
    with desk.database.write.begin() as session:
        case = session.get_one(Case, case_of(desk, who))
        case.state, unit = "in_progress", case.lead_unit
        case.units[0].answer = "王小明家门口已查看"
    with desk.database.write.begin() as session:
        other = next(each.code for each in desk.district.units if each.kind == "bureau" and each.code != unit)
        hand_over.hand_over(session, desk.district, unit, other, actor=SUPERVISOR, now=NOW, reason="调整")
        session.get_one(Case, case_of(desk, who)).state = "closed"
    assert "王小明家门口" in everything(desk)
    decide(desk, ask(desk, who))
    assert "王小明" not in everything(desk)


def test_a_case_that_was_merged_into_his_loses_the_title_that_was_his(desk: Bench) -> None:
    own, master = desk.case(SECRET), desk.case("另一位说光明路整条路都不亮")
    (his,) = desk.look(lambda session: session.get_one(Case, own).tickets)
    with desk.database.write.begin() as session:
        cases = (session.get_one(Case, own), session.get_one(Case, master))
        merging.merge_case(session, desk.district, *cases, actor=DISPATCHER, now=NOW)
    finish(desk, master)
    decide(desk, ask(desk, his.resident_id))
    titles = desk.look(lambda session: {key: session.get_one(Case, key).title for key in (own, master)})
    assert titles[own].startswith("〔个人信息已依法删除")
    assert titles[master] == "另一位说光明路整条路都不亮"
    assert "王小明" not in everything(desk)


def test_a_case_he_was_taken_out_of_loses_his_title_and_another_of_the_same_words_keeps_its_own(desk: Bench) -> None:
    first, same = desk.case(SECRET), desk.case("路灯不亮")
    (his,) = desk.look(lambda session: session.get_one(Case, first).tickets)
    second = desk.ticket("隔壁的事也请办")
    with desk.database.write.begin() as session:
        case = session.get_one(Case, first)
        desk_work.merge(session, desk.district, session.get_one(Ticket, second), case, actor=DISPATCHER, now=NOW)
    with desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, his.id)
        own = merging.unmerge(session, desk.district, ticket, actor=DISPATCHER, now=NOW, text="两件事").id
    with desk.database.write.begin() as session:
        desk_work.accept(session, desk.district, session.get_one(Ticket, his.id), actor=DISPATCHER, now=NOW)
    finish(desk, own)
    decide(desk, ask(desk, his.resident_id))
    titles = desk.look(lambda session: {key: session.get_one(Case, key).title for key in (first, own, same)})
    assert titles[same] == "路灯不亮"
    assert all(titles[key].startswith("〔个人信息已依法删除") for key in (first, own))


def finish(desk: Bench, case_id: str) -> None:
    lead = desk.lead(case_id)
    desk.do(case_id, "sign", lead)
    desk.do(case_id, "answer", lead, text="已修好。")
    for _ in desk.look(lambda session: list(session.get_one(Case, case_id).tickets)):
        said = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
        desk.call_back(case_id, now=NOW + timedelta(minutes=1), **said)
