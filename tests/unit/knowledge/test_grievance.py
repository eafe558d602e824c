"""What tells a complaint from a question."""

from __future__ import annotations

import pytest

from benchmarks.grievances import learnt
from knowledge.grievance import LOOKED_AT, Grievance, Said, runs_of, shipped


@pytest.mark.parametrize(
    "message",
    [
        "楼上装修电钻天天响到夜里十一点，跟你们说了四遍，一个人影都没见着，你们是摆设吗？",
        "交了钱就不认账，这种黑心中介你们还让它开着门？",
        "路口那个窨井盖陷下去半个月了，非要等人掉进去才修是不是",
    ],
)
def test_complaints_that_ask_are_known_for_complaints(message: str) -> None:
    assert shipped().log_odds(message) > 0


@pytest.mark.parametrize(
    "message",
    [
        "退休的人医保卡丢了去哪补办",
        "孩子上小学要带哪些材料",
        "租房能提公积金吗，一年能提几回",
        "噪音太大打哪个电话投诉",
    ],
)
def test_questions_are_known_for_questions_though_they_name_a_trouble(message: str) -> None:
    assert shipped().log_odds(message) < 0


@pytest.mark.parametrize("message", ["", " ", "\x00", "😀", "a" * 100_000])
def test_any_text_has_log_odds(message: str) -> None:
    assert abs(shipped().log_odds(message)) < 100


def test_only_the_beginning_is_looked_at() -> None:
    asked = "怎么办理" * (LOOKED_AT // 4)
    assert runs_of(asked + "你们到底管不管") == runs_of(asked)


def test_what_is_learnt_tells_its_own_examples_apart_and_is_read_back() -> None:
    complaints = ["没人管到底管不管", "天天漏水没人管", "催了三遍没人管"]
    asked = ["在哪办证要多少钱", "办证要几天", "在哪交水费"]
    made = Grievance.from_json(learnt(complaints, asked).to_json())
    assert all(made.log_odds(text) > 0 for text in complaints)
    assert all(made.log_odds(text) < 0 for text in asked)
    assert made.runs["没人管"].weight > 0 > made.runs["办证"].weight


def test_log_odds_are_those_of_the_rarest_signs() -> None:
    made = Grievance({"没": Said(3.0, 2.0), "吗": Said(4.0, -1.0)}, bias=0.5)
    assert made.log_odds("没") == pytest.approx(2.5)
    assert made.log_odds("没吗") == pytest.approx(0.5 + (6.0 - 4.0) / 5.0)
    assert made.log_odds("好") == 0.5
