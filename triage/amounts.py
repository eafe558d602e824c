"""Sums of money a text names, in figures and in Chinese numerals."""

from __future__ import annotations

import re

from district import numerals

_FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿几壹贰叁肆伍陆柒捌玖拾佰仟]+"
_NUMBER = (
    rf"(?P<number>(?<![\d.:/第-])(?:{_FIGURES})|(?<!第){_NUMERAL})\s?"
    r"[多来余几]?(?P<scale>[百千万亿]{0,2}\d?)[多来余]?"
)
_YUAN = (
    r"(?:元(?![旦宵素件桥里会月首老帅米])[钱整]?|块钱|块(?![儿头状]|.{0,3}[砖板石地布玻屏表牌瓦皮肉渣水空]))"
    r"(?:(?P<tenths>[一二三四五六七八九\d])(?:[毛角][一二三四五六七八九\d]?|(?![\d块年月日个天斤次人份位度只本张元]))|(?=.|$))"
)
_PAID = re.compile(
    r"(?:[交收花付赔欠退罚扣借垫补涨亏骗缴押]|转账|转了|损失|押金|工资|[租学水电税小医]费|租金|费用|[定订保]金|价格?|卖|要价?)"
    r"(?:了|掉|走|给|出|回|到|我|他|的|是|约|共|近|将近|大概|人家|费|金|款|:){0,4}$"
)
_SUM = re.compile(rf"[¥￥]\s?(?:{_FIGURES})万?|{_NUMBER}(?P<yuan>{_YUAN})?")
_GOES_ON = re.compile(r"[\u4e00-\u9fff%.:/-]")
_ENDS = re.compile(r"[,。;!、]|$")
_COUNTED = frozenset("年月日号点个次户人栋层辆平米斤吨度名家件份张台套岁天分小公里%.:/-")
"""What is counted and no money."""
_SCALES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000, "百万": 1_000_000, "千万": 10_000_000}


def find(text: str) -> list[tuple[int, int, dict[str, float]]]:
    """Start, end and value of every sum; ``yuan`` is missing where the words leave the number open (几百块)."""
    found: list[tuple[int, int, dict[str, float]]] = []
    for one in _SUM.finditer(text):
        start, end = one.span()
        if one["number"] is None:
            found.append((start, end, _yuan(one[0].lstrip("¥￥ "), "")))
        elif one["yuan"] is not None or _is_paid(text, one):
            if one["number"] == "一" and one["yuan"] == "块":
                continue  # 一块: together, or a piece
            end = end if one["yuan"] else start + len(one[0].rstrip())
            value = _yuan(one["number"], one["scale"])
            if value and one["tenths"]:
                value["yuan"] += (numerals.value(one["tenths"]) or 0) / 10
            found.append((start, end, value))
    return found


def _is_paid(text: str, one: re.Match[str]) -> bool:
    """A number alone is money where the words before say that it is paid: 交了三千二, 退了1.5万."""
    start, end = one.span()
    big = len(one["number"]) > 2 or bool(one["scale"]) or bool(set(one["number"]) & set("百千万"))
    after = text[end : end + 1]
    ends = (
        after not in _COUNTED if len(one["number"]) > 2 and not one["number"].isdecimal() else not _GOES_ON.match(after)
    )
    if one["scale"] == "万" and _ENDS.match(text, end):
        return True
    return big and ends and _PAID.search(text, max(0, start - 8), start) is not None


def _yuan(number: str, scale: str) -> dict[str, float]:
    plain = number.replace(",", "")
    value: float | None = float(plain) if plain[:1].isdecimal() else numerals.value(plain)
    if value is None:
        return {}
    extra = int(scale[-1]) if scale[-1:].isdecimal() else 0
    factor = _SCALES.get(scale.rstrip("0123456789"), 1)
    return {"yuan": float(value * factor + extra * factor // 10)}
