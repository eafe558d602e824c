"""What a clerk types finds: by words, numbers and their ends, telephones and names; and by nothing he does not see."""

from __future__ import annotations

import pytest

from casework import tickets
from casework.actors import Actor
from casework.tables import Case, Ticket
from casework.tickets import CaseFilter, TicketFilter
from channels.message import Sender

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, SUPERVISOR, Bench, text_message

NOISE = "柳浪街12号楼下夜里烧烤摊，油烟大"
LAMP = "光明路的路灯坏了三天没人修"


def listed(bench: Bench, typed: str, actor: Actor = DISPATCHER) -> list[str]:
    chosen = TicketFilter(text=typed)
    page = bench.look(lambda session: tickets.list_tickets(session, bench.district, actor, chosen))
    return [ticket.id for ticket in page.items]


def cases_of(bench: Bench, typed: str, actor: Actor = DISPATCHER) -> list[str]:
    chosen = CaseFilter(text=typed)
    page = bench.look(lambda session: tickets.list_cases(session, bench.district, actor, chosen))
    return [case.id for case in page.items]


def numbers(bench: Bench, case_id: str) -> tuple[str, str, str]:
    """The ticket's id and number, and the number of its case."""

    def read(session: object) -> tuple[str, str, str]:
        case = session.get_one(Case, case_id)  # type: ignore[attr-defined]
        return case.tickets[0].id, case.tickets[0].number, case.number

    found: tuple[str, str, str] = bench.look(read)
    return found


def from_telephone(bench: Bench, phone: str, name: str, text: str = LAMP) -> str:
    message = text_message(text, delivery=phone, channel="hotline")
    return bench.receive(message.__class__(**_fields(message) | {"sender": Sender(phone, name, phone)})).ticket_id


def _fields(message: object) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__dataclass_fields__}  # type: ignore[attr-defined]


def test_all_words_must_be_there_wherever_they_stand(bench: Bench) -> None:
    noise, lamp = bench.ticket(NOISE), bench.ticket(LAMP)
    assert listed(bench, "油烟 烧烤") == listed(bench, "油烟　12号楼") == [noise]
    assert listed(bench, "油烟 路灯") == []
    assert listed(bench, "路灯 光明路") == [lamp]
    assert set(listed(bench, "  ")) == {noise, lamp}


@pytest.mark.parametrize("typed", ["led", "LED", "Led显示屏", "100%的亮度"])
def test_small_and_capital_letters_are_one_and_signs_mean_themselves(bench: Bench, typed: str) -> None:
    his = bench.ticket("柳浪街口的LED显示屏半夜开着100%的亮度")
    bench.ticket("柳浪街口的led灯带，100个里的亮度都不够" if typed == "100%的亮度" else NOISE)
    assert listed(bench, typed) == [his]
    assert listed(bench, "1_0") == []


@pytest.mark.parametrize("actor", [DISPATCHER, SUPERVISOR, AUDITOR])
def test_the_numbers_of_ticket_and_case_find_each_others_rows(bench: Bench, actor: Actor) -> None:
    bench.ticket(LAMP)  # so that the two numbers end differently
    case_id = bench.case(NOISE)
    bench.ticket(LAMP)
    ticket_id, number, of_case = numbers(bench, case_id)
    assert number[-4:] != of_case[-4:]
    typed = [number, number.replace("-", ""), number.replace("-", " "), number[-4:], number[-5:], number[4:], of_case]
    typed += [of_case.replace("-", ""), of_case.lower(), "\uff23" + of_case[1:]]
    for each in typed:
        assert ticket_id in listed(bench, each, actor), each
        assert cases_of(bench, each, actor) == [case_id], each
    assert listed(bench, number, actor) == listed(bench, of_case, actor) == [ticket_id]
    assert listed(bench, f"{number} 油烟", actor) == [ticket_id]
    assert listed(bench, f"{number} 路灯", actor) == cases_of(bench, f"{of_case} 路灯", actor) == []


def test_the_end_of_a_number_begins_where_its_sequence_does(bench: Bench) -> None:
    ticket_id = bench.ticket(NOISE)
    number = bench.look(lambda session: session.get_one(Ticket, ticket_id).number)
    assert listed(bench, number[-3:]) == []
    assert listed(bench, "9" + number[-4:]) == []


@pytest.mark.parametrize(
    "typed",
    ["13800004791", "138 0000 4791", "138-0000-4791", "+86 13800004791", "8613800004791", "１３８００００４７９１"],
)
@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, CALLER])
def test_a_telephone_finds_its_tickets_for_who_works_with_residents(bench: Bench, typed: str, actor: Actor) -> None:
    his = from_telephone(bench, "13800004791", "王小明")
    from_telephone(bench, "13800004792", "李四")
    assert listed(bench, typed, actor) == [his]


@pytest.mark.parametrize("typed", ["01066001234", "010-66001234", "(010) 6600 1234", "66001234"])
def test_a_line_finds_its_tickets_with_and_without_the_code_of_its_area(bench: Bench, typed: str) -> None:
    his = from_telephone(bench, "010-66001234", "王小明")
    from_telephone(bench, "010-66001235", "李四")
    assert listed(bench, typed) == [his]


def test_a_name_finds_tickets_and_cases_and_stands_beside_other_words(bench: Bench) -> None:
    case_id = bench.case(NOISE)
    ticket_id, _, _ = numbers(bench, case_id)
    other = from_telephone(bench, "13800004791", "王小明", NOISE)
    assert listed(bench, "刘先生") == [ticket_id]
    assert listed(bench, "王小明 油烟") == [other]
    assert cases_of(bench, "刘先生") == cases_of(bench, "刘先生 油烟") == [case_id]
    assert cases_of(bench, "王小明") == []


def test_who_sees_people_masked_finds_nobody_by_name_or_telephone(bench: Bench) -> None:
    case_id = bench.case(NOISE)
    from_telephone(bench, "13800004791", "王小明", "我叫王小明，电话13800004791，路灯坏了")
    lead = bench.lead(case_id)
    for actor in (SUPERVISOR, AUDITOR, lead):
        for typed in ("刘先生", "王小明", "13800004791", "138 0000 4791", "0000", "路灯 王小明"):
            assert listed(bench, typed, actor) == cases_of(bench, typed, actor) == [], (actor.role, typed)
    assert listed(bench, "油烟", lead) != []


def test_marks_of_a_pattern_are_letters_like_others(bench: Bench) -> None:
    bench.ticket(NOISE)
    for typed in ("%", "_", "%%%%", "油%大", "-____"):
        assert listed(bench, typed) == cases_of(bench, typed) == []
