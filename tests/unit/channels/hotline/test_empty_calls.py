"""Which calls carry nothing for the desk, and which never may be left out."""

from __future__ import annotations

import pytest

from tests.unit.channels.hotline.calls import GREETING, call, ignored, message

EMERGENCIES = [
    "着火了",
    "救命",
    "救命啊救命",
    "煤气漏了",
    "有人落水",
    "我妈昏倒了",
    "触电",
    "塌了",
    "有人要跳楼",
    "他打我",
    "快报警",
    "流了好多血，流血了",
    "孩子被困电梯",
]
EMPTY = {
    "silence": [("坐席", "您好，听不到您的声音，请您稍后再拨。")],
    "greeting": [("市民", "喂？"), ("市民", "喂，您好"), ("坐席", "您好，请讲。"), ("市民", "听得到吗")],
    "wrong number": [("市民", "不好意思打错了")],
    "test": [("市民", "线路测试"), ("坐席", "通的。"), ("市民", "好的")],
}
WRONG = [
    "打错了",
    "哎呀打错了打错了，对不起啊",
    "我打错电话了，我找修空调的",
    "拨错号码了，不好意思",
    "不好意思按错了，娃子乱按的",
]
NOT_WRONG = [
    "我没打错吧，我家停水了",
    "打错了，不过正好问一下停水的事",
    "你们上次把单子打错了，我姓邵不姓少",
    "不是打错了，我就是找你们",
    "医院把我的名字打错了，报不了销",
    "打错一次了，这回对了吧，路灯坏了",
]


@pytest.mark.parametrize("turns", EMPTY.values(), ids=EMPTY)
def test_a_call_with_nothing_in_it_is_left_out_with_a_reason(turns):
    assert ignored(call(GREETING, *turns))


@pytest.mark.parametrize("words", WRONG)
def test_who_only_says_that_he_dialled_wrong_is_left_out(words):
    assert ignored(call(GREETING, ("市民", words))).startswith("打错的电话")


@pytest.mark.parametrize("words", NOT_WRONG)
def test_who_has_a_matter_beside_is_not(words):
    assert message(call(GREETING, ("市民", words))).text


@pytest.mark.parametrize("words", EMERGENCIES)
def test_an_emergency_of_few_words_is_kept(words):
    assert message(call(GREETING, ("市民", words))).text == words


@pytest.mark.parametrize("mark", ["无声", "误拨", "测试", "恶意", "骚扰电话", "silence", "MALICIOUS"])
@pytest.mark.parametrize("words", EMERGENCIES)
def test_an_emergency_is_kept_whatever_the_platform_marks(mark, words):
    kept = message(call(GREETING, ("市民", words), mark=mark))
    assert any("紧急" in note for note in kept.notes)


@pytest.mark.parametrize("words", EMERGENCIES)
def test_an_emergency_is_kept_beside_a_remark_of_malice_or_a_wrong_number(words):
    assert message(call(GREETING, ("市民", f"打错了，{words}")))
    assert message(call(GREETING, ("市民", words), remark="恶意来电"))


def test_an_emergency_that_only_the_agent_repeats_is_kept():
    assert message(call(GREETING, ("市民", "喂"), ("坐席", "您说楼道冒烟了？")))


def test_an_emergency_that_the_agent_puts_on_record_by_hand_is_kept():
    assert message(call(GREETING, remark="线路不清，疑似呼救，已转110")).text.endswith("疑似呼救，已转110")
    assert message(call(remark="线路不清，疑似呼救，已转110")).text == "线路不清，疑似呼救，已转110"


def test_an_agent_s_formula_about_fire_does_not_keep_a_silent_call():
    assert ignored(call(("坐席", "您好，12345热线，火警请拨119，请问有什么可以帮您？")))


def test_a_recorded_voice_is_no_caller():
    assert ignored(call(("系统", "您的来电将被录音，投诉请按一"), GREETING))


def test_a_mark_of_silence_on_a_call_with_words_is_not_believed():
    kept = message(call(GREETING, ("市民", "楼道灯坏了"), mark="无声"))
    assert any("仍予受理" in note for note in kept.notes)


@pytest.mark.parametrize("remark", ["恶意来电", "疑似骚扰电话", "来电人多次辱骂坐席，未说诉求", "已核实，标记为恶意"])
def test_a_call_the_agent_remarks_as_malicious_is_left_out(remark):
    assert ignored(call(GREETING, ("市民", "哈哈哈你猜"), remark=remark)).startswith("恶意骚扰电话")


def test_a_call_the_agent_announces_as_malicious_is_left_out():
    assert ignored(call(GREETING, ("市民", "就骂你"), ("坐席", "您再这样，此号码将标记为恶意来电。")))


@pytest.mark.parametrize("remark", ["反映被骚扰电话困扰", "市民称邻居恶意停车", "情绪激动，骂了两句，诉求属实"])
def test_a_remark_about_malice_of_others_is_none_about_the_caller(remark):
    assert message(call(GREETING, ("市民", "天天有人给我打骚扰电话推销"), remark=remark))


def test_a_caller_who_only_agrees_is_kept_with_what_he_said():
    assert message(call(GREETING, ("坐席", "您还是说停车的事？"), ("市民", "对。"))).text == "对。"
