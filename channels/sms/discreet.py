"""What one text must not carry: a telephone may lie on a table, and carriers keep what passes.

A resident's name, his address to the door and the numbers of his papers are taken out of every text, whoever wrote it.
"""

from __future__ import annotations

import re

_DIGIT = r"[0-9０-９一二三四五六七八九十〇零两百]"
_DOOR = re.compile(
    rf"(?:{_DIGIT}{{1,5}}\s?(?:号院|号楼|栋|幢|座|单元|#)\s?[-—]?\s?){{1,3}}{_DIGIT}{{1,5}}\s?(?:号楼|单元|室|户|号|门|房)?"
    rf"(?:\s?{_DIGIT}{{1,5}}\s?(?:室|户|号|房))?"
    r"|(?<![\d-])\d{1,3}[-—]\d{1,2}[-—]\d{3,4}(?![\d-])"
)
_PAPER = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")
_HAN = "\u4e00-\u9fff"
_NAMED = re.compile(
    rf"((?:我叫|我名叫|本人叫|姓名|联系人|诉求人|来电人|反映人)\s?[:：是为]?\s?)[{_HAN}]{{2,4}}?"
    rf"(?=$|[^{_HAN}]|电话|手机|家住|住在|住址|反映)"
)
_TITLE = r"(?=先生|女士|小姐|同志|阿姨|大爷|大妈|老师)"
GONE = "**"


def discreet(text: str, name: str = "") -> str:
    """The text without doors, paper numbers, names people give themselves, and the addressee's own ``name``.

    王秀兰女士 → 王女士; elsewhere his name is 您.
    """
    name = name.strip()
    if len(name) >= 2:
        text = re.sub(re.escape(name) + _TITLE, name[0], text).replace(name, "您")
    text = _DOOR.sub(GONE, text)
    text = _PAPER.sub(r"\1********\2", text)
    return _NAMED.sub(rf"\1{GONE}", text)
