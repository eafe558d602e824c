"""The board's panels: each a chart's data and the table that says the same, every number with the list behind it.

A panel is made once of figures; the page draws it, a table shows it, CSV writes it. Links are to ``/board/behind``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from api.web import rate_words, render
from api.web.board import sections
from casework.board_behind import NONE
from casework.board_figures import Flow, Now, Open, Period
from casework.rates import RateRow
from district import formulas
from district.formulas import RateValue
from district.pack import District

BY_LABELS = {"street": "街道", "unit": "承办单位", "top_category": "一级分类"}
STEP_LABELS = {"day": "按日", "week": "按周"}
UNITS = 10
"""Units of the flow; the others are one (其他)."""
FEW = 6
"""Bars that half the height of the ranking holds."""
OTHERS = "其他单位"
UNKNOWN = {"street": "街道未定", "category": "分类未定", "unit": "未派单"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A number or a word of a table; ``parts`` are numerator and denominator where it is a rate."""

    text: str
    href: str = ""
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart and its table. ``about`` says what is counted; ``says`` is the chart in words."""

    key: str
    label: str
    about: str
    says: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    data: Mapping[str, Any] = field(default_factory=dict)
    words: int = 1
    """Columns at the left that hold words, not figures."""
    few: bool = False
    """So few bars that half the height shows them."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader has the board show: the period by its month, the grouping, the step of time, excluded or not."""

    month: tuple[int, int]
    by: str = "street"
    step: str = "day"
    excluded: bool = False

    @property
    def period(self) -> str:
        """As an address gives it: 2026-12."""
        return f"{self.month[0]}-{self.month[1]:02d}"

    def filters(self, **changed: Any) -> dict[str, str]:
        """What stands in the address, with changes."""
        given = {"period": self.period, "by": self.by, "step": self.step, "excluded": "1" if self.excluded else ""}
        return {name: value for name, value in (given | changed).items() if value}


def behind(what: str, **narrowed: Any) -> str:
    """The address of the list behind a number."""
    return f"/board/behind?{urlencode({'what': what, **{k: v for k, v in narrowed.items() if v not in ('', None)}})}"


def panels(district: District, chosen: Chosen, now: Now, period: Period) -> dict[str, Panel]:
    """All panels by key, in the order of the page."""
    made = [
        rates(district, chosen, period),
        course(district, chosen, period),
        flow(chosen, period),
        ageing(district, now),
        hours(district, chosen, period),
        channels_to_units(district, chosen, period),
    ]
    if district.street_map is not None:
        made.append(streets(district, now, period))
    return {each.key: each for each in made}


def three(district: District) -> list[tuple[str, str]]:
    """The rates that the composite is made of (三率): name and label."""
    weights = district.formulas.composite.weights
    return [(each.name, each.label) for each in district.formulas.rates if each.name in weights]


def numbers(now: Now) -> list[dict[str, Any]]:
    """The six numbers, each with its list."""
    words = {
        "in": "今日来件",
        "closed": "今日办结",
        "open": "在办",
        "overdue": "逾期",
        "emergency": "突发",
        "to_call_back": "待回访",
    }
    late = {"overdue", "emergency"}
    return [
        {"key": key, "label": label, "count": now.numbers[key], "href": behind(key), "red": key in late}
        for key, label in words.items()
    ]


def _share(value: Decimal | None) -> float | None:
    return None if value is None else float(formulas.rounded(value * 100))


def _score(value: Decimal | None) -> float | None:
    return None if value is None else float(formulas.rounded(value))


def _rate_cell(value: RateValue, href: Callable[[str], str]) -> Cell:
    parts = (("numerator", value.numerator), ("denominator", value.denominator))
    linked = tuple((f"{number:f}".removesuffix(".0"), href(part) if number else "") for part, number in parts)
    return Cell(formulas.percent(value.value), parts=linked)


def rates(district: District, chosen: Chosen, period: Period) -> Panel:
    """三率 of each group with the period before beside it, ranked among its kind."""
    table, last = period.tables[chosen.by], {row.key: row for row in period.last[chosen.by].rows}
    known = three(district)
    narrows = {"unit": "unit", "street": "street", "top_category": "category"}[chosen.by]

    def href(row: RateRow, name: str, part: str) -> str:
        excluded = "1" if chosen.excluded else ""
        narrowed = {narrows: row.key or NONE}
        return behind("rate", rate=name, part=part, period=chosen.period, excluded=excluded, **narrowed)

    rows: list[list[Cell]] = []
    drawn = []
    for section in sections(table):
        marks = []
        for place, (row, rank) in enumerate(section.rows, 1):
            before = last.get(row.key)
            rank = rank or (place if row.composite is not None and row.key else 0)  # noqa: PLW2901  (no kinds to part)
            cells = [_rate_cell(row.rates[name], lambda part, n=name, r=row: href(r, n, part)) for name, _ in known]  # type: ignore[misc]
            earlier = [formulas.percent(before.rates[name].value if before else None) for name, _ in known]
            pairs = [each for pair in zip(cells, map(Cell, earlier), strict=True) for each in pair]
            score = Cell(formulas.points(row.composite))
            was = Cell(formulas.points(before.composite if before else None))
            kind = [Cell(section.label)] if chosen.by == "unit" else []
            rows.append(
                [*kind, Cell(str(rank) if rank else "—"), Cell(row.name), Cell(str(row.tickets)), score, was, *pairs]
            )
            marks.append(_mark(row, before, known, lambda name, r=row: href(r, name, "denominator")))  # type: ignore[misc]
        drawn.append({"label": section.label, "rows": [each for each in marks if each["key"]]})
    labels = [each for _, label in known for each in (label, f"上期{label}")]
    kinds = ["类别"] if chosen.by == "unit" else []
    head = [*kinds, "名次", BY_LABELS[chosen.by], "工单", "综合得分", "上期得分", *labels]
    data = {"metrics": [{"name": name, "label": label} for name, label in known], "sections": drawn}
    said = f"{BY_LABELS[chosen.by]}的{'、'.join(label for _, label in known)}，由高到低的条形图，竖线是上一考核期"
    apart = "含已剔除" if chosen.excluded else f"已剔除 {table.excluded} 件"
    said_counted = rate_words.BY[chosen.by]
    about = f"公式 {table.formula_version} · {apart} · {said_counted} · 街道、委办局、企业分别排名；竖线是上一考核期"
    return Panel("rates", "三率排名", about, said, head, rows, data, 2 + len(kinds), few=_most_bars(drawn) <= FEW)


def _most_bars(drawn: Sequence[Mapping[str, Any]]) -> int:
    """Of the kind that has most: a group without the rate has no bar."""
    return max((sum(map(_has_bar, kind["rows"])) for kind in drawn), default=0)


def _has_bar(mark: Mapping[str, Any]) -> bool:
    return any(rate["value"] is not None for rate in mark["values"].values())


def _mark(
    row: RateRow, before: RateRow | None, known: Sequence[tuple[str, str]], href: Callable[[str], str]
) -> dict[str, Any]:
    values = {
        name: {
            "value": _share(row.rates[name].value),
            "last": _share(before.rates[name].value) if before else None,
            "parts": f"{row.rates[name].numerator:f}/{row.rates[name].denominator:f}",
            "href": href(name),
        }
        for name, _ in known
    }
    score = {"value": _score(row.composite), "last": _score(before.composite) if before else None}
    return {"key": row.key, "name": row.name, "score": score, "values": values}


def course(district: District, chosen: Chosen, period: Period) -> Panel:
    """The pooled rates of the periods up to the chosen one."""
    known = three(district)
    begun = next((at for at, (_, row) in enumerate(period.course) if row.tickets), len(period.course) - 1)
    shown = period.course[begun:]
    labels = [f"{year}-{month:02d}" for (year, month), _ in shown]
    excluded = "1" if chosen.excluded else ""

    def href(label: str, name: str, part: str) -> str:
        return behind("rate", rate=name, part=part, period=label, excluded=excluded)

    rows = [
        [
            Cell(label, f"/board?{urlencode(chosen.filters(period=label))}"),
            Cell(formulas.points(row.composite)),
            *(_rate_cell(row.rates[name], lambda part, m=label, n=name: href(m, n, part)) for name, _ in known),  # type: ignore[misc]
        ]
        for label, (_, row) in zip(labels, shown, strict=True)
    ]
    lines = [
        {
            "label": label,
            "values": [_share(row.rates[name].value) for _, row in shown],
            "hrefs": [href(each, name, "denominator") for each in labels],
        }
        for name, label in known
    ]
    about = "全区合并计算，每一点是一个考核期；还在进行的考核期算到现在"
    data = {"across": labels, "lines": lines}
    return Panel(
        "course", "三率走势", about, "各考核期三率的折线图", ["考核期", "综合得分", *dict(known).values()], rows, data
    )


def flow(chosen: Chosen, period: Period) -> Panel:
    """办结率 over days or weeks."""
    stretches: Sequence[Flow] = period.days if chosen.step == "day" else period.weeks
    rows, marks = [], []
    for each in stretches:
        days = {"from": each.first.isoformat(), "to": each.last.isoformat()}
        label = f"{each.first:%m-%d}" if each.first == each.last else f"{each.first:%m-%d} 至 {each.last:%m-%d}"
        share = Decimal(each.accepted_closed) / each.accepted if each.accepted else None
        parts = (("accepted_closed", each.accepted_closed), ("accepted", each.accepted))
        linked = tuple((str(count), behind(what, **days) if count else "") for what, count in parts)
        came, gone = (
            Cell(str(count), behind(what, **days) if count else "")
            for what, count in (("in", each.received), ("closed", each.closed))
        )
        rows.append([Cell(label), came, gone, Cell(formulas.percent(share), parts=linked)])
        hrefs = {what: behind(what, **days) for what in ("in", "closed", "accepted")}
        marks.append(
            {"label": label, "in": each.received, "closed": each.closed, "share": _share(share), "hrefs": hrefs}
        )
    about = "来件、办结按发生的考核日计；办结率是这一段来件中已受理的，到现在办结了多少"
    head = ["考核日" if chosen.step == "day" else "七个考核日", "来件", "办结", "办结率"]
    return Panel("flow", "办结率", about, "来件与办结的柱形图，办结率的折线", head, rows, {"marks": marks})


def stretch_labels(days: Sequence[int]) -> list[str]:
    """The stretches of ageing in words, the youngest first."""
    between = [f"{low}–{high} 天" for low, high in pairwise(days)]
    return [f"{days[0]} 天以内", *between, f"{days[-1]} 天以上"]


def ageing(district: District, now: Now) -> Panel:
    """Open cases by how long they have been open, those over their time apart."""
    rows, marks = [], []
    for place, (label, each) in enumerate(zip(stretch_labels(district.formulas.ageing), now.ageing, strict=True)):
        age = str(place)
        on_time = each.cases - each.late
        hrefs = [behind("open", age=age, late="0"), behind("open", age=age, late="1"), behind("open", age=age)]
        rows.append(
            [
                Cell(label),
                *(
                    Cell(str(count), href if count else "")
                    for count, href in zip((on_time, each.late, each.cases), hrefs, strict=True)
                ),
            ]
        )
        marks.append({"label": label, "on_time": on_time, "late": each.late, "hrefs": hrefs[:2]})
    about = "在办件从立案到现在的天数（自然日）；有时限已过的为逾期"
    head = ["立案至今", "未逾期", "逾期", "合计"]
    return Panel("ageing", "在办时长", about, "在办件按时长的柱形图，逾期的另计", head, rows, {"marks": marks})


def hours(district: District, chosen: Chosen, period: Period) -> Panel:
    """Who came, by street and hour of the day."""
    codes = [each.code for each in district.units.streets]
    codes += sorted({street for street, _ in period.hours} - set(codes))
    rows, marks = [], []
    for place, code in enumerate(codes):
        counts = [period.hours.get((code, hour), 0) for hour in range(24)]
        hrefs = [behind("in", street=code or NONE, hour=str(hour), period=chosen.period) for hour in range(24)]
        total = Cell(str(sum(counts)), behind("in", street=code or NONE, period=chosen.period) if sum(counts) else "")
        cells = [Cell(str(n) if n else "", href if n else "") for n, href in zip(counts, hrefs, strict=True)]
        rows.append([Cell(_unit(district, code, "street")), *cells, total])
        marks += [
            [hour, place, count, href] for hour, (count, href) in enumerate(zip(counts, hrefs, strict=True)) if count
        ]
    names = [_unit(district, code, "street") for code in codes]
    about = "这个考核期的来件，按事发街道和来件的钟点；只计研判过的"
    head = ["街道", *(str(hour) for hour in range(24)), "合计"]
    return Panel(
        "hours", "街道与时段", about, "各街道各钟点来件数的热力图", head, rows, {"names": names, "marks": marks}
    )


def _unit(district: District, code: str, what: str) -> str:
    if code not in district.units:
        return UNKNOWN[what]
    unit = district.units.get(code)
    return unit.short_name or unit.name


def _category(district: District, code: str) -> str:
    return district.taxonomy.get(code).name if code in district.taxonomy else UNKNOWN["category"]


def channels_to_units(district: District, chosen: Chosen, period: Period) -> Panel:
    """From which channel, of which matter, to which unit; the units of most, the others together."""
    by_unit: Counter[str] = Counter()
    for (_, _, unit), count in period.flows.items():
        by_unit[unit] += count
    largest = [unit for unit, _ in by_unit.most_common() if unit][:UNITS]
    kept = {*largest, ""}
    first: Counter[tuple[str, str]] = Counter()
    second: Counter[tuple[str, str | None]] = Counter()
    for (channel, category, unit), count in period.flows.items():
        first[channel, category] += count
        second[category, unit if unit in kept else None] += count
    links, rows = [], []
    for (channel, category), count in sorted(first.items(), key=lambda each: -each[1]):
        href = behind("in", channel=channel, category=category or NONE, period=chosen.period)
        ends = render.CHANNEL_LABELS.get(channel, channel), _category(district, category)
        links.append({"source": f"渠道 {ends[0]}", "target": f"分类 {ends[1]}", "value": count, "href": href})
        rows.append([Cell("渠道到分类"), *map(Cell, ends), Cell(str(count), href)])
    for (category, handler), count in sorted(second.items(), key=lambda each: -each[1]):
        narrowed = {"besides": ".".join(largest)} if handler is None else {"unit": handler or NONE}
        href = behind("in", category=category or NONE, period=chosen.period, **narrowed)
        ends = _category(district, category), OTHERS if handler is None else _unit(district, handler, "unit")
        links.append({"source": f"分类 {ends[0]}", "target": f"单位 {ends[1]}", "value": count, "href": href})
        rows.append([Cell("分类到单位"), *map(Cell, ends), Cell(str(count), href)])
    about = f"这个考核期的来件；单位取件数最多的 {UNITS} 个，其余并为“{OTHERS}”；只计研判过的"
    head = ["流向", "从", "到", "件数"]
    said = "来件从渠道到一级分类、再到承办单位的流向图"
    return Panel("flows", "来件流向", about, said, head, rows, {"links": links}, 3)


def streets(district: District, now: Now, period: Period) -> Panel:
    """The district's map: open cases, and the composite, by street."""
    scores = {row.key: row for row in period.tables["street"].rows}
    rows, marks = [], []
    for each in district.units.streets:
        found, score = now.streets.get(each.code, Open()), scores.get(each.code)
        composite = score.composite if score else None
        href, late = behind("open", street=each.code), behind("open", street=each.code, late="1")
        name = each.short_name or each.name
        marks.append({"name": name, "open": found.cases, "late": found.late, "score": _score(composite), "href": href})
        counts = [
            Cell(str(found.cases), href if found.cases else ""),
            Cell(str(found.late), late if found.late else ""),
        ]
        rows.append([Cell(name), *counts, Cell(formulas.points(composite))])
    rows.sort(key=lambda row: -int(row[1].text))
    about = "颜色深浅是在办件数或综合得分；点开看这个街道的在办件"
    head = ["街道", "在办", "其中逾期", "综合得分"]
    return Panel("map", "街道地图", about, "各街道在办件数的地图", head, rows, {"marks": marks})


def spreadsheet_rows(panel: Panel) -> list[Sequence[str]]:
    """The panel's table for a file: a rate's numerator and denominator in columns of their own."""
    split = [at for at in range(len(panel.head)) if any(at < len(row) and row[at].parts for row in panel.rows)]
    head: list[str] = []
    for at, label in enumerate(panel.head):
        head += [label, f"{label}分子", f"{label}分母"] if at in split else [label]
    rows: list[Sequence[str]] = [head]
    for row in panel.rows:
        cells: list[str] = []
        for at, cell in enumerate(row):
            cells += [cell.text, *(text for text, _ in cell.parts)] if at in split else [cell.text]
        rows.append(cells)
    return rows


def month_choices(month: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """The months up to this one, the latest first."""
    whole = month[0] * 12 + month[1] - 1
    return [((whole - back) // 12, (whole - back) % 12 + 1) for back in range(count)]
