"""What past letters teach of units and kinds of request."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from district.examples import Example, Examples
from district.schemas import RequestType
from triage import handling_history, request_cues
from triage.errors import TooFewExamples
from triage.examples import Labelled
from triage.features import prepared
from triage.request_type import RequestTypes
from triage.unit_names import UnitNames, core
from triage.words import Cutter

CUTTER = Cutter()
MATTERS = {
    "路灯管理局": ("路灯不亮", "灯杆倒了", "灯泡坏了", "照明太暗"),
    "环境卫生处": ("垃圾没清", "垃圾桶满了", "清运车没来", "门口太脏"),
    "供水公司": ("停水三天", "水压太低", "水管爆了", "水表不转"),
}
REPLIES = {
    "路灯管理局": "路灯不亮，抢修班已更换镇流器",
    "环境卫生处": "垃圾没清，已安排保洁员清扫",
    "供水公司": "停水三天，泵房阀门已开启",
}
WHERE = ("桥头", "校门口", "菜场边", "楼后", "巷子里", "河边", "站前", "公园里")


def letters() -> list[Labelled]:
    """Letters of three units, and two of a fourth that its name alone makes known."""
    made = [
        Labelled(f"{where}{said}，请处理", said, unit=unit, reply=REPLIES[unit])
        for unit, sayings in MATTERS.items()
        for said, where in product(sayings, WHERE)
    ]
    return [*made, *(Labelled(f"想问{what}的事", unit="烟草专卖局", reply="已办结") for what in ("零售证", "送货时间"))]


@pytest.fixture(scope="module")
def units() -> handling_history.History:
    return handling_history.learn(letters(), "unit", CUTTER)


def best(history: handling_history.History, title: str, text: str = "") -> str:
    shares = history.probabilities(prepared(title, text))
    assert shares.sum() == pytest.approx(1)
    return history.labels[int(shares.argmax())]


def test_a_letter_goes_where_letters_like_it_went(units: handling_history.History) -> None:
    assert best(units, "广场上的路灯不亮") == "路灯管理局"
    assert best(units, "这里停水三天了") == "供水公司"


def test_a_unit_asked_twice_is_found_by_its_name(units: handling_history.History) -> None:
    assert best(units, "烟草专卖的电话是多少") == "烟草专卖局"


def test_letters_without_replies_teach_too() -> None:
    rows = [Labelled(row.text, row.title, unit=row.unit) for row in letters()]
    assert best(handling_history.learn(rows, "unit", CUTTER), "垃圾桶满了") == "环境卫生处"


def test_a_seldom_kind_of_request_is_not_crowded_out() -> None:
    rows = [
        Labelled(f"{where}{said}，一直没人管", request_type="投诉") for said in MATTERS["供水公司"] for where in WHERE
    ] + [Labelled(f"感谢{where}的师傅，辛苦了", request_type="表扬") for where in WHERE[:6]]
    kinds = handling_history.learn(rows, "request_type", CUTTER)
    assert best(kinds, "", "感谢广场上的师傅") == "表扬"
    assert best(kinds, "", "广场上停水三天，一直没人管") == "投诉"


@pytest.mark.parametrize("text", ["", "？", "😀", "hello", "字" * 100_000])
def test_texts_that_say_nothing_get_an_answer(text: str, units: handling_history.History) -> None:
    shares = units.probabilities(prepared("", text))
    assert np.isfinite(shares).all()
    assert shares.max() < 0.99


def test_one_label_alone_is_refused() -> None:
    with pytest.raises(TooFewExamples, match="类别"):
        handling_history.learn([Labelled("路灯不亮", unit="甲")] * 20, "unit", CUTTER)


def test_a_name_without_its_kind_of_body() -> None:
    assert core("环境保护局") == "环境保护"
    assert core("农业委员会（扶贫办）") == "农业"
    assert core("局") == "局"


def test_the_more_of_a_name_a_text_holds_the_more_it_speaks_for_the_unit() -> None:
    names = UnitNames.of(["环境保护局", "城区环境卫生处"], ["环境", "别的", "卫生"])
    whole, part, none = (names.found(text)[0] for text in ("找环境保护局", "环境不好", "路灯"))
    assert whole == pytest.approx(1)
    assert whole > part > none == 0


def test_a_run_that_several_units_share_counts_less_than_one_of_its_own() -> None:
    names = UnitNames.of(["东区环卫", "东区供水"], ["东区", "环卫", "供水"])
    shared, own = names.found("东区"), names.found("环卫")
    assert shared[0] == pytest.approx(shared[1])
    assert own[0] > shared[0]


def test_cues_are_told_apart_by_where_they_stand() -> None:
    in_title, in_text = request_cues.found(prepared("请问", "")), request_cues.found(prepared("", "请问"))
    assert in_title.any()
    assert in_text.any()
    assert (in_title != in_text).any()
    assert not request_cues.found(prepared("路灯", "路灯")).any()


def test_a_duty_that_moved_to_another_office_is_that_office_s_today() -> None:
    before = [
        Labelled(f"{where}的小广告没人清", unit="城管局", day=date(2024, 1, at + 1)) for at, where in enumerate(WHERE)
    ]
    after = [
        Labelled(f"{where}的小广告没人清", unit="环卫处", day=date(2026, 6, at + 1)) for at, where in enumerate(WHERE)
    ]
    history = handling_history.learn([*before, *after], "unit", CUTTER)
    then, today, later = (
        dict(zip(history.labels, history.probabilities(prepared("", "广场的小广告没人清"), day), strict=True))
        for day in (date(2024, 1, 5), date(2026, 6, 5), date(2030, 1, 1))
    )
    assert then["城管局"] > 0.5 < today["环卫处"]
    assert later["环卫处"] == pytest.approx(today["环卫处"], abs=0.05)


def test_a_text_of_no_known_day_is_answered() -> None:
    history = handling_history.learn(letters(), "unit", CUTTER)
    assert best(history, "路灯不亮") == "路灯管理局"
    assert history.probabilities(prepared("", "路灯不亮"), date(2026, 1, 1)).sum() == pytest.approx(1)


def test_kinds_of_one_s_own_learn_from_the_pack_s_example_sentences() -> None:
    """Three letters of each kind are too few; how like examples of the seven kinds they are tells the rest."""
    asks = ("请问怎么办理居住证", "想问社保卡去哪里领", "咨询公积金提取条件", "请问几点上班", "想问退休手续怎么办")
    thanks = ("感谢师傅及时修好路灯", "谢谢窗口的同志", "表扬热心的司机", "感谢社区送来药品", "谢谢你们帮了大忙")
    examples = Examples.of(
        tuple(Example(text, request_type=kind) for kind, told in (("咨询", asks), ("表扬", thanks)) for text in told)
    )
    kinds = RequestTypes([RequestType(name="咨询", cues=()), RequestType(name="表扬", cues=())], examples)
    rows = [Labelled(text, request_type="提问") for text in ("请问何时供暖", "想问证件补办", "请问校服多少钱")]
    rows += [Labelled(text, request_type="致谢") for text in ("感谢消防员救人", "谢谢医生", "表扬环卫工")]
    rows = [replace(row, text=row.text + "。" * copy) for row in rows for copy in range(3)]
    for told in (kinds, None):
        history = handling_history.learn(rows, "request_type", CUTTER, kinds=told)
        shares = history.probabilities(prepared("", "请问退休手续去哪里办"))
        assert shares.sum() == pytest.approx(1)
        assert history.labels[int(shares.argmax())] == "提问"
    assert kinds.alike("", "请问退休手续").shape == (8,)
    assert RequestTypes([RequestType(name="咨询", cues=())]).alike("", "请问").shape == (0,)
