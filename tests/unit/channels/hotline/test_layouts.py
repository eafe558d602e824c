"""A fourth layout is a mapping and no code."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import packs
from channels.errors import ChannelMisconfigured, UnreadableMessage
from channels.hotline import reading
from channels.message import Account
from district.transcripts import Transcripts, load_transcripts
from tests.unit.channels.hotline.calls import ACCOUNT, CHANNEL, message, parsed

DEMO = Path(packs.__file__).parent / "demo"
SLASHES = """工单流水 // KX-1
来电 // 13800000000
通话时刻 // 2026-03-05 10:00:00
#1 // 坐席 // 00:01 // 您好，请问有什么可以帮您？
#2 // 市民 // 00:05 // 嗯，路灯不亮
"""


def own() -> dict:
    rules = yaml.safe_load((DEMO / "hotline.yaml").read_text("utf-8"))
    rules["fields"]["call_id"].append("工单流水")
    rules["fields"]["phone"].append("来电")
    rules["fields"]["started"].append("通话时刻")
    rules["layouts"].append(
        {
            "name": "slashes",
            "label": "斜线分隔",
            "header": "{key} // {value}",
            "turns": ["#{number} // {speaker} // {offset} // {text}"],
        }
    )
    return rules


def test_the_adapter_s_own_rules_are_the_demo_pack_s():
    """One file in two places: a channel may not read a pack, and must read calls without one."""
    shipped = Path(reading.__file__).parent / "hotline.yaml"
    assert shipped.read_bytes() == (DEMO / "hotline.yaml").read_bytes()


def test_the_demo_pack_has_three_layouts():
    rules = load_transcripts(DEMO)
    assert rules is not None
    assert len(rules.layouts) == 3


@pytest.mark.parametrize("given", [own(), Transcripts.model_validate(own())], ids=["data", "loaded"])
def test_a_layout_of_the_account_is_read(given):
    account = Account("hotline", "own", {"layouts": given})
    made = message(SLASHES, account)
    assert (made.external_id, made.sender.phone, made.text) == ("KX-1", "13800000000", "路灯不亮")
    CHANNEL.check(account)


def test_and_is_unreadable_without_it():
    with pytest.raises(UnreadableMessage) as raised:
        parsed(SLASHES)
    assert raised.value.why


@pytest.mark.parametrize("given", ["no such thing", {"layouts": []}, 7])
def test_wrong_rules_are_told_before_the_first_call_and_cost_no_call(given):
    account = Account("hotline", "own", {"layouts": given})
    with pytest.raises(ChannelMisconfigured):
        CHANNEL.check(account)
    with pytest.raises(UnreadableMessage) as raised:
        CHANNEL.parse(b"{}", account)
    assert raised.value.where == "layouts"


def test_full_width_and_ascii_marks_are_one():
    wide = "呼叫编号:K-1\n主叫号码:13800000000\n【00:01】坐席:您好,请问有什么可以帮您？\n［00:03］ 客户 ： 路灯不亮\n"
    assert message(wide).text == "路灯不亮"


def test_a_header_line_with_a_time_is_no_turn():
    text = "呼叫编号：K-2\n主叫号码：13800000000\n开始时间 2026-03-05 10:00:00\n\n客户 2026-03-05 10:00:05\n路灯不亮\n"
    assert message(text, ACCOUNT).text == "路灯不亮"


def test_lines_of_the_header_that_nobody_knows_are_kept_with_the_dialogue():
    text = "热线转写 第七版\n呼叫编号：K-3\n技能组：三组\n[00:01] 客户：路灯不亮\n"
    assert {"热线转写 第七版", "技能组：三组"} <= set(message(text).full_text.split("\n"))
