"""What stands behind a rate, in words: which tickets are its denominator, its numerator, and which are in neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from api.desk import Desk
from district import formulas
from district.schemas import Rate, Term

COUNTED = {
    "contacted_in_time": "按时联系",
    "effective_callback": "有效回访",
    "resolved": "已解决",
    "satisfied": "满意",
    "basically_satisfied": "基本满意",
    "accepted": "已受理",
    "closed": "已办结",
    "on_time": "按时答复",
    "answered": "已答复",
    "ever_answered": "答复过",
    "first_dispatch_right": "首派正确",
    "dispatched": "派过单",
    "returned": "退过单",
    "reworked": "重办过",
    "overdue": "逾期",
    "direct_answer": "直接答复",
    "city_verdict": "市里回访过",
    "city_contacted": "市里回访说联系过",
    "city_resolved": "市里回访说已解决",
    "city_satisfied": "市里回访说满意",
    "city_basically_satisfied": "市里回访说基本满意",
}
"""The columns that a formula may name, as a page tells what they count."""
PARTS = {"denominator": "分母", "numerator": "分子", "rest": "未计入分子"}
BY = {
    "street": "街道按诉求发生地计",
    "unit": "按承办单位计，街道一行是街道承办的工单",
    "category": "按三级分类计",
    "top_category": "按一级分类计",
    "channel": "按来件渠道计",
}
"""By what a row is counted; where a street stands among units it is one of them."""


def heading(rate: Rate, part: str) -> str:
    """满意率的分母：有效回访."""
    said_rate, said_above, said_below = rate.label, _terms(rate.numerator), _terms(rate.denominator)
    if part == "rest":
        return f"{said_rate}未计入分子：{said_below}，但不是{said_above}"
    return f"{said_rate}的分子：{said_above}" if part == "numerator" else f"{said_rate}的分母：{said_below}"


def _terms(terms: Sequence[Term]) -> str:
    return "、".join(map(_term, terms))


def _term(term: Term) -> str:
    said_column = COUNTED[term.column]
    return said_column if term.weight == 1 else f"{said_column}（按 {term.weight} 计）"


def period(desk: Desk, start: datetime, end: datetime) -> str:
    """2026 年 12 月考核期：11-19 12:00 至 12-19 12:00; days that are no whole period by their dates."""
    rules, zone = desk.district.formulas, desk.district.calendars.zone
    first, last = start.astimezone(zone), end.astimezone(zone)
    year, month = formulas.period_month(start, rules, zone)
    if (start, end) != formulas.month_period(year, month, rules, zone):
        return f"{first:%Y-%m-%d %H:%M} 至 {last:%Y-%m-%d %H:%M}"
    return f"{year} 年 {month} 月考核期：{first:%m-%d %H:%M} 至 {last:%m-%d %H:%M}"


def days(desk: Desk, start: datetime, end: datetime) -> tuple[str, str]:
    """The first and the last assessment day of a period, as a date field holds them."""
    rules, zone = desk.district.formulas, desk.district.calendars.zone
    first, last = (formulas.assessment_day(at, rules, zone) for at in (start, end - timedelta(seconds=1)))
    return first.isoformat(), last.isoformat()
