"""What was asked and answered without whoever it was about: for what outlives the matter (search log, gaps, drafts).

Stronger than ``casework.privacy.hide_text``, upon which it is built: nobody has to be recognised in what is left, so it
rather takes out a word too many.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from api import bare_names
from api.bare_names import Cut
from casework.privacy import NOTHING_LEFT, hide_text
from triage import persons

LONGEST = 100
"""Characters of a query that are kept."""
LOOKED_AT = 500
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff]+")
_NUMERAL = "0-9零〇一二三四五六七八九十百两"
_HOUSE = re.compile(
    rf"(?<![月〕\]第{_NUMERAL}])(?:[{_NUMERAL}]|(?<=[0-9a-z])[-—–之](?=[0-9])){{1,12}}\s{{0,3}}"
    r"(?:号(?!线|汽油|文|令|公告)[楼院]?|弄|[栋幢]|单元|(?<=[0-9]{3})室)(?:[0-9]{1,4})?",
    re.IGNORECASE,
)
"""30号, 12-3号院, 三号楼, 二单元, 501室: not 5月3号, 2号线, 〔2020〕5号."""
_NUMBERS = re.compile(r"(?:(?<![a-z])[a-z]{1,2})?[0-9](?:[\W_]{0,2}[0-9]){6,}(?:[\W_]?x(?![a-z]))?", re.IGNORECASE)
"""Seven digits and more, however they are parted: telephones, identity cards, passports, accounts, tickets."""
_MAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}", re.IGNORECASE)
_SPOKEN = re.compile("[零〇幺一二两三四五六七八九](?:[ ,、-]?[零〇幺一二两三四五六七八九]){6,}")
_CODE = re.compile(r"(?<![a-z0-9])(?=(?:[a-z_-]*[0-9]){4})[a-z0-9_-]{6,}|(?<![0-9])[0-9]{6,}", re.IGNORECASE)
"""Numbers with letters among them: passports, plates without their province, QQ and WeChat; any six digits."""
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] {0,2}[a-z][ ·.-]{0,3}(?:[a-z0-9] ?){4,6}"
    "|(?<![a-z0-9])[a-z](?=(?:[a-z]{0,2}[0-9]){3})[a-z0-9]{5}(?![a-z0-9])",
    re.IGNORECASE,
)
"""With its province or without: a23b45."""
_LEFT = re.compile(r"[\W_]|工单|编号|电话|手机号?|号码|诉求|办件|查询?|身份证号?|车牌号?")
_GAPS = re.compile(rf"{re.escape(NOTHING_LEFT)}(?:[\s,，、.·-]*{re.escape(NOTHING_LEFT)})*")


def query(text: str, cut: Cut) -> str:
    """A query as it may be kept, folded, at most ``LONGEST`` characters; empty where nothing but a number was asked."""
    left = nameless(text[:LOOKED_AT], cut).lower()
    return "" if not _LEFT.sub("", left) else left[:LONGEST]


def nameless(text: str, cut: Cut, *, bare: bool = True) -> str:
    """The text on one spelling (NFKC), what is personal replaced by ``**``. ``bare``: names without introduction too.

    Lines are kept.
    """
    lines = text.encode("utf-8", "ignore").decode().splitlines()
    return "\n".join(_line(line, cut, bare=bare) for line in lines).strip()


def _line(line: str, cut: Cut, *, bare: bool) -> str:
    left = _MAIL.sub(NOTHING_LEFT, _UNSEEN.sub(" ", unicodedata.normalize("NFKC", line)))
    for form in (_PLATE, _NUMBERS, _SPOKEN, _CODE):  # before others take a part of them
        left = form.sub(NOTHING_LEFT, left)
    left = hide_text(left)
    left = _HOUSE.sub(NOTHING_LEFT, _without(left, persons.find(left)))
    if bare:
        left = _without(left, bare_names.find(left, cut))
    return _GAPS.sub(NOTHING_LEFT, " ".join(left.split()))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + NOTHING_LEFT + text[end:]
    return text
