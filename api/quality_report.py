"""The quality of suggestions over a stretch of days, and what follows from it in words: one report for all doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from api.desk import Desk
from api.periods import Step, calendar_days, starts
from casework import drift, quality
from casework.drift import Drift
from casework.quality import Bin, CategoryLine, Figures
from district.pack import District

By = Literal["week", "month", "model", "category"]
RETRAIN = "yingsheng train"
NOTHING_TO_DO = "没有发现要处理的问题。"
SHOWN_NAMES = 3
SURE_GAP = 0.05
"""Mean stated probability above the share right by more than this is told, from ``ENOUGH`` judged on."""
ENOUGH = 50

DEFINITIONS: Mapping[str, str] = {
    "研判件数": "期间内首次由人作出决定、或由系统自动派出的建议件数；按首次决定的时间归入周、月。",
    "已判": (
        "其中经人派到承办单位的，以及自动派出后抽中并由人判定的。当场答复、不予受理的不计，退回待重派的暂不计；"
        "自动派出而未抽中的不计，即使后来被退回。"
    ),
    "分类准确率": "已判中，最终分类就是建议的首选分类的占比。方括号内为 95% 置信区间（Wilson 1927）。",
    "单位准确率": "已判且给出了建议单位的，最终主办单位就是建议单位的占比；退单获准后改派别处的即为判错。",
    "前三命中率": "已判且工单上仍是当时那条建议的，最终分类在建议的前三个分类之中的占比。",
    "平均把握": "已判的建议，其首选分类所报概率的平均；与分类准确率相比，高出即过于自信，低于即过于保守。",
    "校准误差": "按所报概率分十档，各档“平均把握与实际准确率之差”的加权平均，越小越好。",
    "可自动派出": "研判件数中，系统认为不经人也可派出的占比（是否真的派出另看“自动派单”开关）。",
    "被更正": "已判中，分类或单位有一项不是建议的那一个的占比。",
    "最常混淆": "首选分类判错时，人改成最多的那个分类。",
    "前一期": "紧接在所选日期之前、同样天数的一段；两段的置信区间不重叠才标“下降”“上升”。",
    "构成变化 PSI": (
        "最近 4 周与此前 12 周的来件，按建议的一级分类比较：Σ(现占比−原占比)×ln(现占比÷原占比)，各类先加半件。"
        "通常以 0.1、0.25 为界（Siddiqi 2006）；件数少时随机波动也会很大，不超过“随机可达”的不下结论（Yurdakul 2018）。"
    ),
}
"""What each figure means, in the reader's words."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: ``key`` is a day, a model version or a category's code."""

    key: str
    label: str
    figures: Figures
    category: CategoryLine | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that a reader is shown of a stretch of days, ``end`` not counted."""

    by: By
    start: datetime
    end: datetime
    total: Figures
    rows: Sequence[Row]
    categories: Sequence[tuple[CategoryLine, str]]
    """Every category with its name, whatever the rows are by."""
    bins: Sequence[Bin]
    drift: Drift


def report(session: Session, desk: Desk, *, by: By, first: date | None, last: date | None) -> Report:
    """The figures of the days, both counted; else of the latest twelve weeks, or months for ``month``.

    Raises ``BadPeriod`` and ``TooManyPeriods``.
    """
    step: Step = "month" if by == "month" else "week"
    start, end = calendar_days(desk, first, last, step)
    total = quality.pooled(quality.by_period(session, [start], end))
    lines = quality.by_category(session, start, end)
    if by == "category":
        rows = [Row(line.code, name_of(desk.district, line.code), line.now, line) for line in lines]
    elif by == "model":
        found = quality.by_model(session, start, end)
        rows = [Row(name, name or "（未记版本）", figures) for name, figures in found.items()]
    else:
        rows = _periods(session, desk, by, start, end)
    named = [(line, name_of(desk.district, line.code)) for line in lines]
    bins = quality.reliability(session, start, end)
    return Report(by, start, end, total, rows, named, bins, drift.measure(session, end))


def _periods(session: Session, desk: Desk, by: Step, start: datetime, end: datetime) -> list[Row]:
    zone = desk.district.calendars.zone
    begun = starts(start, end, by, zone)
    counted = quality.by_period(session, begun, end)
    days = [at.astimezone(zone).date() for at in begun]
    return [
        Row(day.isoformat(), f"{day:%Y-%m}" if by == "month" else f"{day:%Y-%m-%d} 起", figures)
        for day, figures in zip(days, counted, strict=True)
    ]


def name_of(district: District, code: str) -> str:
    """A category's path; its code where the pack does not know it any more."""
    return " / ".join(district.taxonomy.path(code))


def last_day(desk: Desk, found: Report) -> date:
    """The last day that is counted."""
    return (found.end - timedelta(microseconds=1)).astimezone(desk.district.calendars.zone).date()


def first_day(desk: Desk, found: Report) -> date:
    """The first day that is counted."""
    return found.start.astimezone(desk.district.calendars.zone).date()


def per_cent(part: float | None) -> str:
    """A share for people, or 无数据."""
    return "无数据" if part is None else f"{part * 100:.1f}%"


def gap(figures: Figures) -> float | None:
    """By how much the mean stated probability exceeds the share that was right."""
    mean, right = figures.mean_stated, figures.accuracy
    return mean - right if mean is not None and right is not None else None


def advice(found: Report) -> list[str]:
    """What to do, in plain words, the weightiest first; never nothing."""
    return [sentence for rule in _RULES if (sentence := rule(found))] or [NOTHING_TO_DO]


def _no_data(found: Report) -> str:
    if found.total.judged:
        return ""
    return "这段日期里还没有已判的建议，准确率无从谈起：派单员照常派单，数字就会有。"


def _drifted(found: Report) -> str:
    psi, verdict = found.drift.psi, found.drift.verdict
    if verdict == "strong":
        return (
            f"来件构成变化很大（PSI {psi:.2f}，不低于 {drift.STRONG}）：看哪几类多了，抽看其中的工单、更正分类，"
            f"再运行 {RETRAIN}。"
        )
    if verdict == "moderate":
        return (
            f"来件构成有变化（PSI {psi:.2f}，不低于 {drift.MODERATE}）：留意占比上升的分类，更正够多后运行 {RETRAIN}。"
        )
    return ""


def _fallen(found: Report) -> str:
    names = [name.rpartition(" / ")[2] for line, name in found.categories if line.turn == "fallen"]
    if not names:
        return ""
    more = f"等 {len(names)} 类" if len(names) > SHOWN_NAMES else ""
    return f"准确率明显下降：{'、'.join(names[:SHOWN_NAMES])}{more}。看混淆成了什么，更正后运行 {RETRAIN}。"


def _weak(found: Report) -> str:
    """Categories of which even the upper end of the interval lies below the accuracy of all."""
    mean = found.total.accuracy
    weak = [
        f"“{name.rpartition(' / ')[2]}”（{line.now.right}/{line.now.judged}）"
        for line, name in found.categories
        if mean is not None and line.now.judged and line.now.bounds[1] < mean
    ]
    if not weak:
        return ""
    more = f"等 {len(weak)} 类" if len(weak) > SHOWN_NAMES else ""
    return f"明显比平均差：{'、'.join(weak[:SHOWN_NAMES])}{more}。看判错的工单常被改成什么，分类的说明和样例要不要补。"


def _too_sure(found: Report) -> str:
    difference = gap(found.total)
    if difference is None or found.total.judged < ENOUGH or difference <= SURE_GAP:
        return ""
    return (
        f"系统过于自信：平均把握比实际准确率高 {difference * 100:.1f} 个百分点。"
        f"运行 {RETRAIN} 会用人的更正重新校准；在此之前，自动派单的开关宜从严。"
    )


def _less_sure(found: Report) -> str:
    then, now = found.drift.then.mean, found.drift.now.mean
    if not found.drift.is_less_sure or then is None or now is None:
        return ""
    return (
        f"系统越来越拿不准：平均把握由 {then:.2f} 降到 {now:.2f}。在“待处理”里按“最能教会系统”排序，"
        f"更正一批，再运行 {RETRAIN}。若期间换过模型，先按模型版本比较。"
    )


def _no_past(found: Report) -> str:
    if found.drift.verdict != "none":
        return ""
    return "来件有没有变还比不出来：最近 4 周与此前 12 周都要有来件。"


_RULES: Sequence[Callable[[Report], str]] = (_no_data, _drifted, _fallen, _too_sure, _less_sure, _weak, _no_past)
