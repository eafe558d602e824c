"""The demo pack's cues tell the kinds of request apart before any text was labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import packs
from district.examples import Example, Examples
from district.pack import load
from district.schemas import Cue, RequestType
from triage.features import Counts
from triage.request_type import CUE, RequestTypes

NOTHING = Counts((), (), ())
SAID = {
    "咨询": [
        "请问办居住证需要什么材料",
        "退休金在哪里查",
        "老人高龄津贴怎么申请？",
        "想了解一下公租房的轮候标准是多少",
        "公证处周末上班吗？",
        "灵活就业社保补贴什么条件才能领",
        "你好，问下独生子女费今年还发么",
        "身份证丢了如何补办",
    ],
    "求助": [
        "家里停水一天了，麻烦派人来看看",
        "求助，老母亲一个人在家没人照顾",
        "楼道灯坏了，请来人修一下",
        "下水道堵了，脏水都漫出来了，快派人疏通",
        "我妈早上走失了，帮帮我",
        "屋顶漏雨，床都湿了，求求你们帮忙",
        "路口井盖没了，尽快处理一下",
    ],
    "投诉": [
        "投诉物业保洁一个月没打扫楼道",
        "楼下酒吧天天半夜扰民，没人管",
        "健身房关门不退卡里的钱",
        "我反映过好几次，社区一直没有解决，互相推诿",
        "窗口工作人员态度恶劣",
        "公司拖欠我三个月工资，迟迟不发",
        "停车场乱收费，问他还骂人",
    ],
    "举报": [
        "举报某饭馆后厨脏乱",
        "小区里有黑诊所，无证行医",
        "化工厂半夜往河里偷排废水",
        "棋牌室聚众赌博，提供线索",
        "顶楼私搭阳光房，属于违法建设",
        "有人卖假冒名牌白酒",
    ],
    "建议": [
        "建议在学校门口增设斑马线",
        "希望能增加夜间公交班次",
        "能否加装一个儿童滑梯",
        "提个意见，图书馆闭馆时间能不能晚一点",
        "要是能在地铁口多放几个直饮水就好了",
    ],
    "表扬": [
        "表扬一下社区网格员小刘，雪天帮老人送药",
        "感谢燃气公司的师傅半夜来修好了灶",
        "给公交司机点赞，拾金不昧",
        "送一面锦旗给民警，服务非常周到",
        "真心感谢居委会帮我家办好了残疾证",
    ],
    "其他": ["测试", "发错了，不用了"],
}


@pytest.fixture(scope="module")
def kinds() -> RequestTypes:
    district = load(Path(packs.__file__).parent / "demo")
    return RequestTypes(district.request_types, district.examples)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SAID.items() for text in texts])
def test_the_cues_alone_tell_what_is_asked(kinds: RequestTypes, kind: str, text: str) -> None:
    assert kinds.guess("", text, NOTHING, None).value == kind


@pytest.mark.parametrize("mark", ["?", "？"])
def test_a_question_mark_of_either_width_asks(kinds: RequestTypes, mark: str) -> None:
    asked, told = (kinds.guess("", text, NOTHING, None) for text in (f"路灯坏了{mark}", "路灯坏了"))
    assert told.value == "求助"
    assert told.probability > asked.probability


def test_the_title_counts_like_the_text(kinds: RequestTypes) -> None:
    assert kinds.guess("表扬信", "物业张师傅", NOTHING, None).value == "表扬"


def test_thanking_beforehand_is_no_praise(kinds: RequestTypes) -> None:
    assert kinds.guess("", "楼上漏水把我家泡了，请尽快维修，感谢领导", NOTHING, None).value == "求助"


def test_a_cue_counts_once_however_often_it_is_said() -> None:
    kinds = RequestTypes([RequestType(name="投诉", cues=(Cue(pattern="投诉"),)), RequestType(name="其他")])
    once, often = (kinds.guess("", text, NOTHING, None) for text in ("投诉物业", "投诉投诉投诉物业"))
    assert once == often


def test_what_stands_behind_the_first_part_of_a_long_text_is_not_read(kinds: RequestTypes) -> None:
    assert kinds.guess("", "建议" + "甲" * 2_000 + "举报", NOTHING, None).value == "建议"


def test_shares_are_a_distribution_over_the_kinds_of_the_pack() -> None:
    kinds = RequestTypes(
        [RequestType(name="咨询", cues=(Cue(pattern="请问"),)), RequestType(name="投诉"), RequestType(name="其他")]
    )
    found = kinds.guess("", "请问", NOTHING, None)
    assert found.value == "咨询"
    assert found.probability == pytest.approx(np.exp(CUE) / (np.exp(CUE) + 2), abs=1e-4)


def test_examples_tell_apart_what_no_cue_names() -> None:
    said = {
        "投诉": ("师傅来了三次都没修好", "修好的灯又坏了，没有人来"),
        "表扬": ("师傅半夜来修，真辛苦", "灯修好了，心里亮堂"),
    }
    examples = [Example(text=text, request_type=kind) for kind, texts in said.items() for text in texts]
    kinds = RequestTypes([RequestType(name=name) for name in (*said, "其他")], Examples.of(tuple(examples)))
    assert kinds.guess("", "半夜还来修水管，辛苦师傅", NOTHING, None).value == "表扬"
    assert kinds.guess("", "水管修了三次没有修好", NOTHING, None).value == "投诉"


@pytest.mark.parametrize("code", ["a48c7aaa", "d92a4aa2", "XQ-0083A", "8aaa-aaa", "20394811"])
def test_what_the_letters_of_a_code_spell_says_nothing(kinds: RequestTypes, code: str) -> None:
    guess = kinds.guess("", f"路灯不亮，{code}号灯杆，请来看看", NOTHING, None)
    assert guess == kinds.guess("", "路灯不亮，0号灯杆，请来看看", NOTHING, None)
    assert guess.value == "求助"


def test_asking_where_to_report_is_a_question(kinds: RequestTypes) -> None:
    assert kinds.guess("", "举报偷税漏税打哪个电话，给不给奖励", NOTHING, None).value == "咨询"


def test_traditional_characters_are_read_like_simplified_ones(kinds: RequestTypes) -> None:
    assert kinds.guess("", "請問補辦護照需要什麼材料", NOTHING, None) == kinds.guess(
        "", "请问补办护照需要什么材料", NOTHING, None
    )
