"""Blanks of the forms of answers: what is known is filled in, and no answer goes out with one left."""

from __future__ import annotations

from typing import Any

import pytest

from casework import answer_blanks, open_requests, replies, requests, unit_answers
from casework.actors import Given
from casework.reading import Reader
from casework.replies_errors import BlanksLeft
from casework.rules import of
from casework.tables import Case, Request
from district.phrases import BLANK
from district.schemas import Role

from .conftest import NOW, Bench

LEFT = "您好，光明路的路灯3月24日我委查看，情况是【查明的情况】，现在【处理结果】。电话0999-5550-1007。"
OWN = "【云川照明】您好，光明路的路灯是控制箱跳闸，3月23日已更换开关并恢复照明。电话0999-5550-1007。"


def signed(bench: Bench, text: str = "光明路的路灯坏了三天没人修") -> str:
    case_id = bench.case(text)
    bench.do(case_id, "sign", bench.lead(case_id))
    return case_id


def known(bench: Bench, case_id: str) -> dict[str, str]:
    def read(session: Any) -> dict[str, str]:
        reader = Reader(bench.district, bench.lead(case_id))
        return answer_blanks.known(reader, session.get_one(Case, case_id), now=NOW)

    found: dict[str, str] = bench.look(read)
    return found


def test_an_answer_with_a_blank_of_a_form_left_is_refused_and_the_blanks_are_named(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    with pytest.raises(BlanksLeft) as refused:
        bench.do(case_id, "answer", bench.lead(case_id), text=LEFT)
    assert refused.value.blanks == ("【查明的情况】", "【处理结果】")
    with pytest.raises(BlanksLeft):
        bench.do(case_id, "answer", bench.lead(case_id, Role.UNIT_OFFICER), text=LEFT)
    assert bench.state(case_id) == "in_progress"
    assert bench.look(lambda session: session.get_one(Case, case_id).requests) == []


def test_a_lead_approves_no_answer_with_a_blank_that_he_put_in_himself(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    asked = bench.do(case_id, "answer", bench.lead(case_id, Role.UNIT_OFFICER), text=OWN)
    assert isinstance(asked, Request)
    with bench.database.write() as session, pytest.raises(BlanksLeft):
        request = requests.get(session, asked.id)
        requests.decide(
            session, bench.district, request, approve=True, actor=bench.lead(case_id), now=NOW, changed=LEFT
        )
    assert bench.state(case_id) == "in_progress"


def test_words_in_brackets_that_no_form_has_are_the_writers_own(sqlite_bench: Bench) -> None:
    case_id = signed(sqlite_bench)
    sqlite_bench.do(case_id, "answer", sqlite_bench.lead(case_id), text=OWN)
    assert sqlite_bench.state(case_id) == "answered"


def test_the_reply_check_names_every_blank_where_it_stands(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)

    def read(session: Any) -> list[str]:
        case, lead = session.get_one(Case, case_id), bench.lead(case_id)
        found = replies.look_over(bench.district, case, LEFT, actor=lead, now=NOW)
        return [LEFT[each.start : each.end] for each in found if each.kind == "blank"]

    assert bench.look(read) == ["【查明的情况】", "【处理结果】"]


def test_a_form_comes_with_matter_place_unit_phone_and_day_filled_in(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    unit = bench.district.units.get(bench.lead(case_id).unit)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        case.title = case.tickets[0].title = "光明路路灯不亮"
        place = {"kind": "address", "text": "光明路12号3单元501室", "value": {}}
        case.tickets[0].suggestion = case.tickets[0].suggestion | {"entities": [place]}
    told = known(bench, case_id)
    assert told == {
        "事项": "光明路路灯不亮",
        "地点": "光明路12号",
        "单位": unit.name,
        "联系电话": unit.phone,
        "月日": "3月24日",
    }, "the door is the resident's: an answer is public"

    def offered(session: Any) -> list[unit_answers.Offered]:
        reader = Reader(bench.district, bench.lead(case_id))
        return unit_answers.offered(session, reader, session.get_one(Case, case_id), now=NOW)

    form = next(each.text for each in bench.look(offered) if each.name == "现场处理")
    assert form.startswith(f"您好，您反映的光明路路灯不亮，{unit.name}已收到。3月24日我们到光明路12号查看")
    assert BLANK.findall(form) == ["【查明的情况】", "【采取的措施】", "【处理结果】"]


@pytest.mark.parametrize(("kind", "names"), [("咨询", {"政策解答"}), ("其他", None), ("", None)])
def test_a_request_type_without_a_form_of_its_own_is_offered_all(
    sqlite_bench: Bench, kind: str, names: set[str] | None
) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    with bench.database.write.begin() as session:
        session.get_one(Case, case_id).request_type = kind

    def offered(session: Any) -> list[unit_answers.Offered]:
        reader = Reader(bench.district, bench.lead(case_id))
        return unit_answers.offered(session, reader, session.get_one(Case, case_id), now=NOW)

    every = {form.name for form in bench.district.answer_forms}
    assert len(every) > 1
    assert {each.name for each in bench.look(offered) if each.source == "本区模板"} == (names or every)


def test_a_title_that_is_how_it_was_told_is_named_by_its_category_and_no_place_is_made_up(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        case.title = case.tickets[0].title = "你好，我住听雨新居，楼道里的灯全不亮了"
        name = bench.district.taxonomy.get(case.category).name
        case.tickets[0].suggestion = case.tickets[0].suggestion | {"entities": []}
    told = known(bench, case_id)
    assert told["事项"] == f"{name.removesuffix('问题')}问题"
    assert answer_blanks.fill("到【地点】查看", told) == "到【地点】查看"


def test_it_is_known_beforehand_which_requests_an_answer_ends(sqlite_bench: Bench) -> None:
    bench, case_id = sqlite_bench, signed(sqlite_bench)
    lead = bench.lead(case_id)

    def lapsing() -> list[str]:
        def read(session: Any) -> list[str]:
            case = session.get_one(Case, case_id)
            return open_requests.lapsing(of(session, bench.district, case).workflow, case)

        found: list[str] = bench.look(read)
        return found

    assert lapsing() == []
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=Given(reason="等配件"))
    assert lapsing() == ["延期"]
    bench.do(case_id, "answer", lead, text=OWN)
    (state,) = bench.look(lambda session: [each.state for each in session.get_one(Case, case_id).requests])
    assert state == "lapsed"
