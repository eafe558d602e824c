"""What kind of request a text makes, by small words and where they stand: at its head, at its end, in its title."""

from __future__ import annotations

import numpy as np

from triage.features import Floats, Words

CUES = (
    "?", "吗", "请问", "咨询", "想问", "如何", "怎么", "什么时候", "是否", "能否", "可否", "有没有", "为什么", "多久",
    "哪里", "建议", "希望", "应该", "感谢", "谢谢", "表扬", "点赞", "好人", "辛苦", "致敬", "锦旗", "举报", "投诉",
    "违法", "违规", "欺", "骗", "非法", "严查", "查处", "无证", "偷", "扰民", "不作为", "维权", "求助", "帮", "请求",
    "望", "救", "急", "我要", "反映",
)  # fmt: skip
EDGE = 30
"""Characters at either end of a text that its head and its end are."""
LAST = ("?", "吗", "问题", "建议", "谢谢", "感谢")
"""Last words of a title."""


SIZE = 4 * len(CUES) + len(LAST)
"""Numbers that ``found`` gives."""


def found(words: Words) -> Floats:
    """One where a cue stands, else zero: for the title, the body, its head and its end, and the title's last word."""
    body = words.body.text.strip()
    places = (words.title, body, body[-EDGE:], body[:EDGE])
    title = words.title.strip()
    marks = [cue in place for place in places for cue in CUES] + [title.endswith(cue) for cue in LAST]
    return np.array(marks, dtype=np.float32)
