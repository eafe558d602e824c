"""Rules of clocks, warnings and rates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import board_report, deadlines, rates, requests, rules
from casework.actors import Given
from casework.errors import BadPeriod, UnknownGrouping
from casework.tables import Case, Clock, RuleVersion
from triage.assessment import RequestTypeGuess, Urgency

from .conftest import CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
START, END = NOW - timedelta(days=1), NOW + timedelta(days=60)


def clock(bench: Bench, case_id: str, name: str) -> Clock:
    query = select(Clock).where(Clock.case_id == case_id, Clock.name == name).order_by(Clock.started_at.desc())
    return bench.look(lambda session: session.scalars(query).first())


@pytest.mark.parametrize(
    ("kind", "level", "name", "due"),
    [
        ("投诉", "normal", "answer", datetime(2026, 3, 31, 9, 30)),
        ("咨询", "normal", "answer", datetime(2026, 3, 25, 9, 30)),
        ("投诉", "urgent", "answer", datetime(2026, 3, 25, 9, 30)),
        ("投诉", "emergency", "answer", datetime(2026, 3, 24, 11, 30)),
        ("投诉", "normal", "sign", datetime(2026, 3, 24, 15, 0)),
        ("咨询", "normal", "sign", datetime(2026, 3, 24, 11, 30)),
        ("投诉", "emergency", "sign", datetime(2026, 3, 24, 9, 45)),
        ("投诉", "normal", "contact", datetime(2026, 3, 25, 9, 30)),
    ],
)
def test_each_clock_is_due_by_the_table(bench: Bench, kind: str, level: str, name: str, due: datetime) -> None:
    """Dispatched on Tuesday 2026-03-24 at 09:30 in China."""
    case_id = bench.case(request_type=RequestTypeGuess(kind, 1.0), urgency=Urgency(level))  # type: ignore[arg-type]
    found = clock(bench, case_id, name).due_at.astimezone(bench.district.calendars.zone)
    assert found.replace(tzinfo=None) == due


def test_the_dispatch_clock_counts_from_intake_and_stops_at_dispatch(bench: Bench) -> None:
    case_id = bench.case()
    found = clock(bench, case_id, "dispatch")
    assert (found.started_at, found.state) == (NOW, "stopped")


def test_the_sign_clock_stands_still_while_a_return_is_decided(bench: Bench) -> None:
    case_id = bench.case()
    before = clock(bench, case_id, "sign").due_at
    kind = next(kind for kind in bench.district.workflow.requests if kind.name == "return")
    given = Given(
        reason=next(iter(kind.reasons)),
        text="不属于本单位",
        proposed_unit=bench.district.units.streets[0].code,
        directory_line="DL-0001",
    )
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        key = requests.ask(session, bench.district, case, "return", actor=bench.lead(case_id), now=NOW, given=given).id
    assert clock(bench, case_id, "sign").state == "paused"
    with bench.database.write.begin() as session:
        request = requests.get(session, key)
        later = NOW + timedelta(hours=1)
        requests.decide(session, bench.district, request, approve=False, actor=DISPATCHER, now=later)
    after = clock(bench, case_id, "sign")
    assert (after.state, after.due_at) == ("running", before + timedelta(hours=1))


def test_an_extension_adds_the_original_allowance_and_says_so(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        kind = next(kind for kind in bench.district.workflow.requests if kind.name == "extension")
        given = Given(reason=next(iter(kind.reasons), "施工周期长"), text="需要采购配件")
        key = requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=given).id
    with bench.database.write.begin() as session:
        requests.decide(session, bench.district, requests.get(session, key), approve=True, actor=SUPERVISOR, now=NOW)
    found = clock(bench, case_id, "answer")
    assert found.extra == found.amount == 5
    assert found.due_at.astimezone(bench.district.calendars.zone).date().isoformat() == "2026-04-08"
    with bench.database.read() as session:
        case = session.get_one(Case, case_id)
        sentence = deadlines.explain(rules.of(session, bench.district, case), case, deadlines.running(case, "answer"))
    assert "延期" in sentence


def test_a_case_keeps_the_rules_it_started_with(bench: Bench) -> None:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        kept = session.get_one(RuleVersion, case.rule_version)
        changed = dict(kept.rules)
        changed["workflow"] = {**changed["workflow"], "version": "old", "rework_at_most": 0}
        session.add(RuleVersion(version="old", pack="demo", pack_version="0", rules=changed, first_seen=NOW))
        session.flush()
        case.rule_version = "old"
    with bench.database.read() as session:
        case = session.get_one(Case, case_id)
        assert rules.of(session, bench.district, case).workflow.rework_at_most == 0
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="已处理。")
    bench.call_back(case_id, reached=True, contacted=True, resolved=False, satisfaction="dissatisfied")
    assert bench.state(case_id) == "closed"


def table(bench: Bench, by: str = "unit") -> rates.RateTable:
    return bench.look(lambda session: rates.compute(session, bench.district, start=START, end=END, by=by))


def test_rates_are_ratios_of_sums_with_their_numerators_and_denominators(bench: Bench) -> None:
    verdicts = [
        {"contacted": True, "resolved": True, "satisfaction": "satisfied"},
        {"contacted": True, "resolved": True, "satisfaction": "basically_satisfied"},
        {"contacted": False, "resolved": True, "satisfaction": "dissatisfied"},
    ]
    for verdict in verdicts:
        bench.call_back(bench.answered(), reached=True, **verdict)
    bench.case()
    found = table(bench)
    pooled = found.pooled.rates
    named = {rate.label: rate.name for rate in bench.district.formulas.rates}
    response, resolution, satisfaction = (pooled[named[label]] for label in ("响应率", "解决率", "满意率"))
    assert (response.numerator, response.denominator) == (2, 3)
    assert (resolution.numerator, resolution.denominator) == (3, 3)
    assert (satisfaction.numerator, satisfaction.denominator) == (Decimal("1.9"), 3)
    closure = pooled[named["办结率"]]
    assert (closure.numerator, closure.denominator) == (3, 4)
    assert found.formula_version == bench.district.formulas.version
    assert found.pooled.composite == pytest.approx(
        (Decimal("0.1") * response.value + Decimal("0.5") + Decimal("0.4") * satisfaction.value) * 100
    )


def test_a_denominator_of_zero_is_no_data_and_no_error(bench: Bench) -> None:
    bench.case()
    named = {rate.label: rate.name for rate in bench.district.formulas.rates}
    assert table(bench).pooled.rates[named["解决率"]].value is None
    assert table(bench).pooled.composite is None


def test_an_unreachable_resident_counts_in_no_rate(bench: Bench) -> None:
    case_id = bench.answered()
    for hours in range(3):
        bench.call_back(case_id, CALLER, reached=False, now=NOW + timedelta(hours=hours))
    named = {rate.label: rate.name for rate in bench.district.formulas.rates}
    assert table(bench).pooled.rates[named["解决率"]].denominator == 0


def test_a_ticket_belongs_to_the_period_its_callback_was_completed_in(bench: Bench) -> None:
    case_id = bench.answered()
    later = datetime(2026, 5, 2, tzinfo=UTC)
    bench.call_back(case_id, now=later, **SOLVED)
    named = {rate.label: rate.name for rate in bench.district.formulas.rates}

    def denominator(start: datetime, end: datetime) -> Decimal:
        read = bench.look(lambda session: rates.compute(session, bench.district, start=start, end=end, by="unit"))
        return read.pooled.rates[named["解决率"]].denominator

    assert denominator(NOW - timedelta(days=1), NOW + timedelta(days=1)) == 0
    assert denominator(later - timedelta(days=1), later + timedelta(days=1)) == 1


@pytest.mark.parametrize("by", ["unit", "street", "category", "channel"])
def test_every_grouping_adds_up_to_the_pooled(bench: Bench, by: str) -> None:
    bench.call_back(bench.answered(), **SOLVED)
    bench.case()
    found = table(bench, by)
    assert sum(row.tickets for row in found.rows) == found.pooled.tickets == 2


def test_a_rate_opens_to_the_tickets_behind_it(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, **SOLVED)
    unit = bench.look(lambda session: session.get_one(Case, case_id).lead_unit)
    resolution = next(rate for rate in bench.district.formulas.rates if rate.name == "resolution_rate")
    for part in ("numerator", "denominator"):
        found = bench.look(
            lambda session, part=part: rates.behind(
                session, resolution, part, start=START, end=END, by="unit", key=unit
            )
        )
        assert len(found) == 1


def test_what_is_in_the_denominator_but_in_no_numerator_is_a_list_of_its_own(bench: Bench) -> None:
    content, not_so = bench.answered(), bench.answered()
    bench.call_back(content, **SOLVED)
    bench.call_back(not_so, **(SOLVED | {"satisfaction": "dissatisfied"}))
    bench.case()
    rate = next(rate for rate in bench.district.formulas.rates if rate.name == "satisfaction_rate")

    def behind(session: Session, part: str) -> set[str]:
        found = rates.behind(session, rate, part, start=START, end=END, by="channel", key="wechat")
        return {str(ticket.case_id) for ticket in found}

    with bench.database.read() as session:
        assert behind(session, "denominator") == {content, not_so}
        assert behind(session, "numerator") == {content}
        assert behind(session, "rest") == {not_so}


def test_an_approved_exclusion_leaves_the_rates_and_is_counted_apart(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, **SOLVED)
    from casework import facts
    from casework.tables import Request, Ticket

    with bench.database.write.begin() as session:
        session.add(Request(case_id=case_id, kind="exclusion", state="approved", asked_by="u", asked_at=NOW))
        ticket = session.scalars(select(Ticket)).one()
        facts.refresh(session, bench.district, ticket, now=NOW)
    found = table(bench)
    assert (found.pooled.tickets, found.excluded) == (0, 1)


def test_a_period_that_ends_before_it_starts_and_an_unknown_grouping_are_refused(bench: Bench) -> None:
    with bench.database.read() as session:
        with pytest.raises(BadPeriod):
            rates.compute(session, bench.district, start=END, end=START)
        with pytest.raises(UnknownGrouping):
            rates.compute(session, bench.district, start=START, end=END, by="weather")


def test_clocks_of_a_withdrawn_dispatch_are_neither_met_nor_missed(bench: Bench) -> None:
    case_id = bench.case()
    late = NOW + timedelta(days=30)
    bench.do(case_id, "recall", DISPATCHER, text="派错了", now=late)

    def states(session: Session) -> dict[str, tuple[str, str]]:
        case = session.get_one(Case, case_id)
        book = rules.of(session, bench.district, case)
        return {each.name: (each.state, deadlines.level(book, each, now=late)) for each in case.clocks if each.ended}

    found = bench.look(states)
    assert {found[name] for name in ("sign", "contact", "answer")} == {("withdrawn", "withdrawn")}
    assert found["dispatch"] == ("stopped", "done")
    facts = bench.look(lambda session: session.get_one(Case, case_id).tickets[0].facts)
    assert (facts.overdue, facts.on_time, facts.answered) == (0, 0, 0)
    report = bench.look(lambda session: board_report.report(session, bench.district, (late - timedelta(days=2)).date()))
    assert (report.numbers["late"], list(report.late)) == (0, [])


def test_after_a_withdrawal_the_next_dispatch_alone_says_whether_it_was_in_time(bench: Bench) -> None:
    case_id = bench.case()
    unit = bench.lead(case_id).unit
    late = NOW + timedelta(days=30)
    bench.do(case_id, "recall", DISPATCHER, text="派错了", now=late)
    bench.do(case_id, "dispatch", DISPATCHER, unit=unit, now=late)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead, now=late)
    bench.do(case_id, "answer", lead, text="您好，路灯已修好。", now=late)
    facts = bench.look(lambda session: session.get_one(Case, case_id).tickets[0].facts)
    assert (facts.overdue, facts.on_time, facts.answered) == (0, 1, 1)
    assert clock(bench, case_id, "answer").state == "stopped"
