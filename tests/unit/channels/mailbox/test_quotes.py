"""What a reply quotes is cut; what a resident says is never cut."""

from __future__ import annotations

import pytest

from channels.mailbox.quotes import own_words

SAID = "路灯还是不亮。"

HISTORIES = {
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "区长信箱"<m@example.com>;\n发送时间: 2026年11月25日\n\n旧话',
    "QQ reply": "------------------&nbsp;原始邮件&nbsp;------------------".replace("&nbsp;", " ") + "\n旧话",
    "Foxmail": "发件人： 区长信箱\n发送时间： 2026-11-25 10:00\n收件人： li\n主题： 已受理\n旧话",
    "Outlook": "From: 区长信箱 <m@example.com>\nSent: Wednesday, November 25, 2026 10:00 AM\nTo: li\nSubject: 已受理\n\n旧话",
    "Outlook, bold": "*发件人:* 区长信箱\n*发送时间:* 2026年11月25日\n*收件人:* li\n*主题:* 已受理\n\n旧话",
    "Netease": "---- 回复的原邮件 ----\n| 发件人 | m@example.com |\n旧话",
    "Netease, inline": 'At 2026-11-25 10:00:00, "区长信箱" <m@example.com> wrote:\n旧话',
    "Gmail": "区长信箱 <m@example.com> 于2026年11月25日周三 10:00写道：\n> 旧话",
    "Gmail, wrapped": "区长信箱 <m@example.com>\n于2026年11月25日周三 10:00写道：\n\n> 旧话",
    "Apple": "在 2026年11月25日，10:00，区长信箱 <m@example.com> 写道：\n\n> 旧话",
    "English, wrapped": "On Wed, Nov 25, 2026 at 10:00 AM, 区长信箱\n<m@example.com> wrote:\n> 旧话",
    "Traditional": "區長信箱 <m@example.com> 於 2026年11月25日 10:00 寫道：\n> 旧话",
    "bare quotation": "> 旧话\n> 旧话",
}


@pytest.mark.parametrize("client", HISTORIES)
def test_the_history_of_every_client_in_use_is_cut(client):
    cut = own_words(f"{SAID}\n\n{HISTORIES[client]}", answers=True)
    assert (cut.text, cut.history) == (SAID, True)


@pytest.mark.parametrize(
    "said",
    [
        "街道办事处回复我写道：正在协调。我不满意。",
        "物业通知中写道：\n本周停水。\n这合理吗？",
        "发件人写错了，我是李姐。",
        "On the road 3 lamps are out, as I wrote: nobody came.",
        "时间：上周三\n地点：杨树里\n主题：路灯不亮",
        "-----\n以上是我的诉求\n-----\n谢谢",
        "价格 > 100 元不合理",
    ],
)
def test_a_resident_s_own_sentence_is_not_taken_for_history(said):
    assert own_words(said).text == said


def test_answers_between_quoted_lines_are_kept():
    assert own_words("> 几号楼？\n6号楼。\n> 几点？\n十点。", answers=True).text == "6号楼。\n十点。"


def test_a_forwarded_letter_is_the_matter_itself():
    text = "麻烦处理。\n\n-------- 转发邮件信息 --------\n发件人：甲\n发送日期：昨天\n主题：暖气\n\n5号楼暖气不热。"
    assert own_words(text, subject="Fwd: 暖气").text == text


@pytest.mark.parametrize(
    "line",
    [
        "发自我的 iPhone",
        "发自我的华为手机",
        "从QQ邮箱发送",
        "来自我的小米手机",
        "Sent from my iPad",
        "获取 Outlook for iOS",
    ],
)
def test_the_client_s_own_line_is_cut(line):
    assert own_words(f"{SAID}\n\n{line}\n").text == SAID


def test_what_is_only_quotation_is_kept_unless_the_letter_answers_one():
    quoted = "> 路灯不亮\n> 请修"
    assert own_words(quoted).text == "路灯不亮\n请修"
    assert own_words(quoted, answers=True).text == ""
