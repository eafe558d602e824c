"""Whose words are whose."""

from __future__ import annotations

import pytest

from tests.unit.channels.hotline.calls import GREETING, call, message

HELLO = GREETING[1]
ASKS = "请您提供一下地址。"
LAMP, PLACE = "路灯不亮，摔了人", "槐安里三号楼"


def said(agent: str, caller: str) -> bytes:
    return call((agent, HELLO), (caller, LAMP), (agent, ASKS), (caller, PLACE))


@pytest.mark.parametrize(
    ("agent", "caller"),
    [
        ("坐席(1001)", "客户"),
        ("客户服务代表小周", "客户"),
        ("Agent", "Caller"),
        ("工号8023", "市民王女士"),
        ("热线", "来电人"),
    ],
)
def test_labels_tell_the_sides(agent, caller):
    made = message(said(agent, caller))
    assert made.text == f"{LAMP}\n{PLACE}"
    assert made.notes == ()


@pytest.mark.parametrize(
    ("agent", "caller"), [("1", "0"), ("0", "1"), ("左声道", "右声道"), ("说话人2", "说话人1"), ("spk_a", "")]
)
def test_labels_that_tell_nothing_are_told_by_the_agent_s_formulas(agent, caller):
    made = message(said(agent, caller))
    assert made.text == f"{LAMP}\n{PLACE}"
    assert any("按用语判断" in note for note in made.notes)


@pytest.mark.parametrize("label", ["客户", "", "0", "坐席"])
def test_one_label_for_both_is_told_turn_by_turn(label):
    long = f"{LAMP}，黑了一个多礼拜了，老人晚上都不敢下楼遛弯，打物业电话也没人接"
    made = message(call((label, HELLO), (label, long), (label, ASKS), (label, PLACE)))
    assert made.text == f"{long}\n{PLACE}"
    assert any("逐句" in note for note in made.notes)


def test_where_nobody_uses_a_formula_no_word_is_lost():
    made = message(call(("0", "喂我说那个路灯"), ("1", "哪里的"), ("0", PLACE)))
    assert made.text == f"喂我说那个路灯\n哪里的\n{PLACE}"
    assert any("分不清" in note for note in made.notes)


def test_one_known_side_tells_the_other():
    assert message(call(("坐席", HELLO), ("张三", LAMP))).text == LAMP
    assert message(call(("李四", "什么事"), ("市民", LAMP))).text == LAMP


def test_a_third_person_who_speaks_as_no_agent_does_counts_with_the_caller():
    made = message(call(GREETING, ("市民", LAMP), ("旁人", "还有下水道也堵了")))
    assert made.text == f"{LAMP}\n还有下水道也堵了"


def test_the_dialogue_keeps_every_raw_word_with_speaker_and_time():
    raw = "嗯，那个，我我的手机是138 0000 1111，就是说漏水"
    payload = call(GREETING, ("市民", raw)).replace(
        '"speaker": "市民"'.encode(), '"start": 3.5, "speaker": "市民"'.encode()
    )
    assert f"[00:03.500] 市民：{raw}" in message(payload).full_text


def test_two_sides_written_one_after_the_other_are_merged_by_time():
    turns = [("坐席", 0, HELLO), ("坐席", 9, ASKS), ("市民", 3, LAMP), ("市民", 12, PLACE)]
    payload = call(turns=[{"speaker": who, "start": at, "text": what} for who, at, what in turns])
    lines = message(payload).full_text.split("\n")[-4:]
    assert [line[1:6] for line in lines] == ["00:00", "00:03", "00:09", "00:12"]


def test_a_clock_that_runs_backwards_costs_a_note_and_no_call():
    turns = [("坐席", 5, HELLO), ("市民", 9, LAMP), ("市民", 2, PLACE)]
    made = message(call(turns=[{"speaker": who, "start": at, "text": what} for who, at, what in turns]))
    assert made.text == f"{LAMP}\n{PLACE}"
    assert made.notes == ("第 3 句的时间早于前一句，顺序以平台给出的为准",)


def test_turns_that_overlap_are_no_fault():
    turns = [("坐席", 0, 4, HELLO), ("市民", 3, 8, LAMP)]
    payload = call(turns=[{"speaker": who, "start": at, "end": to, "text": what} for who, at, to, what in turns])
    assert message(payload).notes == ()
