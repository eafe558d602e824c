"""The follow-up list: what comes up, with which reason, and how long it stays away when it was seen to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import follow_up, leaders_notes, supervision_orders
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed, UnknownUnit
from casework.follow_up import Chosen, Listing
from casework.leaders_notes import Written
from casework.supervision_errors import NotOnFollowUp
from casework.supervision_tables import FollowedUp, SupervisionOrder
from casework.tables import Callback, Case, Step, Ticket
from district.schemas import Role
from district.supervision import FollowUpRules

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, text_message

SECOND = Actor("u-supervisor-2", "督办二", Role.SUPERVISOR)
EDITOR = Actor("u-editor", "编辑", Role.KNOWLEDGE_EDITOR)
ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
OTHERS = (AGENT, DISPATCHER, CALLER, EDITOR, ADMINISTRATOR, Actor("u-lead", "单位", Role.UNIT_LEAD, "U001"))


def listed(bench: Bench, actor: Actor = SUPERVISOR, *, now: Any = NOW, limit: int = 50, **chosen: Any) -> Listing:
    after = chosen.pop("after", "")
    found: Listing = bench.look(
        lambda session: follow_up.listing(
            session, bench.district, actor, Chosen(**chosen), now=now, after=after, limit=limit
        )
    )
    return found


def reasons(bench: Bench, actor: Actor = SUPERVISOR, **more: Any) -> dict[str, list[str]]:
    """The reasons of each line, by its subject."""
    return {line.subject: [sign.reason for sign in line.signs] for line in listed(bench, actor, **more).lines}


def change(bench: Bench, case_id: str, **values: Any) -> None:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        for name, value in values.items():
            setattr(case, name, value)


def follow(bench: Bench, subject: str, actor: Actor = SUPERVISOR, *, word: str = "已电话督促", now: Any = NOW) -> None:
    with bench.database.write.begin() as session:
        follow_up.follow(session, bench.district, subject, word=word, actor=actor, now=now)


def take_back(bench: Bench, subject: str, actor: Actor = SUPERVISOR) -> None:
    with bench.database.write.begin() as session:
        follow_up.take_back(session, bench.district, subject, actor=actor, now=NOW)


def watch(bench: Bench, case_id: str, actor: Actor = SUPERVISOR, *, on: bool = True) -> None:
    with bench.database.write.begin() as session:
        follow_up.watch(session, session.get_one(Case, case_id), on=on, actor=actor, now=NOW)


def order(bench: Bench, case_id: str) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        return supervision_orders.issue(
            session, bench.district, case, level="yellow", text="请答复", actor=SUPERVISOR, now=NOW
        ).id


def test_an_ordinary_case_does_not_come_up(bench: Bench) -> None:
    bench.case()
    assert listed(bench).total == 0


def test_open_orders_and_notes_that_ask_for_an_answer_are_listed_until_they_are_over(bench: Bench) -> None:
    case_id = bench.case()
    order_id = order(bench, case_id)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        for asks in (True, False):
            written = Written("周明远", "副区长", date(2026, 3, 23), "请整改", asks)
            leaders_notes.enter(session, bench.district, case, written, actor=SUPERVISOR, now=NOW)
    assert reasons(bench) == {case_id: ["order", "note"]}
    with bench.database.write.begin() as session:
        found = session.get_one(SupervisionOrder, order_id)
        supervision_orders.answer(session, bench.district, found, text="已修", actor=bench.lead(case_id), now=NOW)
    assert listed(bench).lines[0].signs[0].act == "审核督办答复"
    with bench.database.write.begin() as session:
        found = session.get_one(SupervisionOrder, order_id)
        supervision_orders.accept(session, bench.district, found, actor=SUPERVISOR, now=NOW)
    assert reasons(bench) == {case_id: ["note"]}


def test_what_is_overdue_comes_up_by_its_clock(bench: Bench) -> None:
    case_id = bench.case()
    later = NOW + timedelta(days=1, hours=1)
    (line,) = listed(bench, now=later).lines
    assert [sign.reason for sign in line.signs] == ["overdue"]
    assert "签收" in line.signs[0].words
    assert line.case is not None
    assert line.case.id == case_id


def test_a_case_returned_twice_comes_up_while_it_is_open(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=1)
    assert reasons(bench) == {}
    change(bench, case_id, returns=2)
    assert reasons(bench) == {case_id: ["returned"]}
    change(bench, case_id, state="closed", closed_at=NOW)
    assert reasons(bench) == {}


def test_two_reworks_or_two_discontented_callbacks_of_one_resident_come_up(bench: Bench) -> None:
    reworked, refused, once = bench.case(), bench.case("二号楼电梯停运无人维修"), bench.case("公园夜间噪声扰民")
    change(bench, reworked, reworks=2)
    with bench.database.write.begin() as session:
        for case_id, times in ((refused, 2), (once, 1)):
            ticket = session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one()
            for _ in range(times):
                session.add(
                    Callback(
                        ticket_id=ticket.id, at=NOW, by="u", reached=True, resolved=True, satisfaction="dissatisfied"
                    )
                )
    assert reasons(bench) == {reworked: ["unsatisfied"], refused: ["unsatisfied"]}
    change(bench, reworked, state="closed", closed_at=NOW)
    days = bench.district.supervision.follow_up.unsatisfied_days
    assert reworked in reasons(bench, now=NOW + timedelta(days=days - 1), reason="unsatisfied")
    assert reworked not in reasons(bench, now=NOW + timedelta(days=days + 1), reason="unsatisfied")


def test_a_ticket_urged_three_times_comes_up_with_or_without_a_case(bench: Bench) -> None:
    case_id, alone = bench.case(), bench.ticket("东门垃圾堆放多日")
    with bench.database.write.begin() as session:
        session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one().urgings = 3
        session.get_one(Ticket, alone).urgings = 2
    assert reasons(bench, reason="urged") == {case_id: ["urged"]}
    with bench.database.write.begin() as session:
        session.get_one(Ticket, alone).urgings = 4
    lines = {line.subject: line for line in listed(bench, reason="urged").lines}
    assert lines[alone].case is None
    assert lines[alone].ticket is not None
    assert lines[alone].signs[0].act == "尽快派单"


def test_a_resident_who_came_three_times_comes_up_once(bench: Bench) -> None:
    texts = ("路灯坏了没人修", "小区门口积水严重", "楼下烧烤店油烟扰民")
    for number, text in enumerate(texts):
        receipt = bench.receive(text_message(text, delivery=f"r{number}", sender="o-again"))
        bench.file(receipt.ticket_id)
        with bench.database.write.begin() as session:
            session.get_one(Ticket, receipt.ticket_id).state = "closed"
    (line,) = listed(bench).lines
    assert [sign.reason for sign in line.signs] == ["repeat"]
    assert "3 件" in line.signs[0].words
    assert line.ticket is not None
    assert line.ticket.text == texts[-1]
    days = bench.district.supervision.follow_up.repeat_days
    assert reasons(bench, now=NOW + timedelta(days=days + 1)) == {}


def test_what_was_withdrawn_makes_nobody_a_repeater(bench: Bench) -> None:
    for number, text in enumerate(("路灯坏了没人修", "小区门口积水严重", "楼下烧烤店油烟扰民")):
        receipt = bench.receive(text_message(text, delivery=f"r{number}", sender="o-again"))
        with bench.database.write.begin() as session:
            session.get_one(Ticket, receipt.ticket_id).state = "withdrawn" if number == 1 else "closed"
    assert reasons(bench) == {}


def test_a_suspended_case_comes_up_on_its_review_date_in_the_districts_time(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, state="suspended", review_date=date(2026, 4, 1))
    before = NOW.replace(month=3, day=31, hour=15, minute=59)  # 23:59 in China
    assert "review" not in reasons(bench, now=before).get(case_id, [])
    assert "review" in reasons(bench, now=before + timedelta(minutes=1))[case_id]


def test_numbers_are_the_packs(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=1)
    rules = bench.district.supervision.model_copy(update={"follow_up": FollowUpRules(returns=1)})
    bench.district = replace(bench.district, supervision=rules)
    assert reasons(bench) == {case_id: ["returned"]}


def test_a_watched_case_is_on_its_watchers_list_and_an_auditors(bench: Bench) -> None:
    case_id = bench.case()
    watch(bench, case_id)
    watch(bench, case_id)
    assert reasons(bench) == {case_id: ["watched"]}
    assert reasons(bench, SECOND) == {}
    assert reasons(bench, AUDITOR) == {case_id: ["watched"]}
    watch(bench, case_id, on=False)
    assert reasons(bench) == {}


def test_what_was_followed_up_stays_away_until_something_new_happens(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    follow(bench, case_id)
    assert reasons(bench) == {}
    assert reasons(bench, SECOND) == {}
    (line,) = listed(bench, show="followed").lines
    assert line.followed is not None
    assert (line.followed.word, line.followed.by_name) == ("已电话督促", SUPERVISOR.name)
    change(bench, case_id, returns=3)
    assert reasons(bench) == {case_id: ["returned"]}
    assert reasons(bench, show="followed") == {}


def test_another_reason_brings_only_itself_back(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    follow(bench, case_id)
    order(bench, case_id)
    assert reasons(bench) == {case_id: ["order"]}


def test_following_up_is_undone(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    follow(bench, case_id)
    take_back(bench, case_id)
    assert reasons(bench) == {case_id: ["returned"]}
    with pytest.raises(NotOnFollowUp):
        take_back(bench, case_id)


def test_a_watcher_who_saw_to_it_hides_nothing_from_another_watcher(bench: Bench) -> None:
    case_id = bench.case()
    watch(bench, case_id)
    watch(bench, case_id, SECOND)
    follow(bench, case_id)
    assert reasons(bench) == {}
    assert reasons(bench, SECOND) == {case_id: ["watched"]}
    bench.do(case_id, "sign", bench.lead(case_id))
    assert reasons(bench) == {case_id: ["watched"]}


def test_the_word_is_not_told_to_the_unit(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    follow(bench, case_id, word="此单位屡次推诿")
    texts = bench.look(lambda session: session.scalars(select(Step.text).where(Step.case_id == case_id)).all())
    assert not any("推诿" in text for text in texts)


def test_following_up_needs_a_word_and_a_line(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(NotOnFollowUp):
        follow(bench, case_id)
    change(bench, case_id, returns=2)
    with pytest.raises(NeedMissing):
        follow(bench, case_id, word=" ")


def test_pages_follow_one_another_even_when_the_last_line_is_gone(bench: Bench) -> None:
    cases = [bench.case(f"第{number}号路口的井盖破损") for number in range(5)]
    for number, case_id in enumerate(cases):
        change(bench, case_id, returns=2, opened_at=NOW + timedelta(minutes=number))
    first = listed(bench, limit=2)
    assert [line.subject for line in first.lines] == cases[:2]
    follow(bench, cases[1])
    second = listed(bench, limit=2, after=first.next)
    assert [line.subject for line in second.lines] == cases[2:4]
    last = listed(bench, limit=2, after=second.next)
    assert ([line.subject for line in last.lines], last.next) == (cases[4:], "")
    assert listed(bench, after="nonsense").total == 4


def test_the_list_is_narrowed_to_a_unit_with_those_below_it(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    unit = bench.lead(case_id).unit
    assert reasons(bench, unit=unit) == {case_id: ["returned"]}
    assert listed(bench, unit=unit).counts == {"returned": 1}
    other = next(each.code for each in bench.district.units if unit not in bench.district.units.descendants(each.code))
    assert reasons(bench, unit=other) == {}
    with pytest.raises(UnknownUnit):
        reasons(bench, unit="U0000")


def test_words_of_long_ago_are_dropped(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    follow(bench, case_id)
    with bench.database.write.begin() as session:
        assert follow_up.forget(session, now=NOW + timedelta(days=399)) == 0
        assert follow_up.forget(session, now=NOW + timedelta(days=401)) == 1
        assert session.scalars(select(FollowedUp)).all() == []


@pytest.mark.parametrize("actor", OTHERS, ids=lambda actor: actor.role)
def test_the_list_is_for_supervisors_and_auditors(bench: Bench, actor: Actor) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    with pytest.raises(NotAllowed):
        listed(bench, actor)
    for refused in (follow, take_back, watch):
        with pytest.raises(NotAllowed):
            refused(bench, case_id, actor)


def test_an_auditor_reads_and_changes_nothing(bench: Bench) -> None:
    case_id = bench.case()
    change(bench, case_id, returns=2)
    assert listed(bench, AUDITOR).total == 1
    for refused in (follow, take_back, watch):
        with pytest.raises(NotAllowed):
            refused(bench, case_id, AUDITOR)
