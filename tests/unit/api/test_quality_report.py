"""What the figures of quality say in words, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.periods import starts
from api.quality_report import NOTHING_TO_DO, Report, advice
from api.web.charts import Line, reliability_plot, time_plot
from casework.drift import Drift, Window
from casework.errors import TooManyPeriods
from casework.quality import Bin, CategoryLine, Figures

AT = datetime(2026, 3, 24, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
MANY = Window({"010101": 1000}, 800.0, 650.0)
GOOD = Figures(suggested=100, judged=100, right=80, stated=80.0)


def drifted(psi: float = 0.0, now: Window = MANY, then: Window = MANY) -> Drift:
    return Drift(AT, AT, AT, then, now, psi, 0.05)


def said(
    total: Figures = GOOD, drift: Drift | None = None, categories: Sequence[tuple[CategoryLine, str]] = ()
) -> list[str]:
    return advice(Report("week", AT, AT, total, (), categories, [Bin(0)], drift or drifted()))


def category(right: int, judged: int, before: Figures | None = None) -> tuple[CategoryLine, str]:
    now = Figures(suggested=judged, judged=judged, right=right)
    return CategoryLine("010101", now, before or Figures()), "市容环卫 / 垃圾 / 清运"


def test_where_all_is_well_nothing_is_to_be_done() -> None:
    assert said() == [NOTHING_TO_DO]


@pytest.mark.parametrize(
    ("psi", "word"), [(0.3, "来件构成变化很大（PSI 0.30"), (0.15, "来件构成有变化（PSI 0.15"), (0.09, "")]
)
def test_a_changed_mix_says_to_train_anew(psi: float, word: str) -> None:
    (sentence,) = said(drift=drifted(psi))
    assert sentence.startswith(word or NOTHING_TO_DO)
    assert ("yingsheng train" in sentence) is bool(word)


def test_overconfidence_is_told_from_fifty_judged_on() -> None:
    (sentence,) = said(Figures(suggested=50, judged=50, right=40, stated=43.0))
    assert "高 6.0 个百分点" in sentence
    assert said(Figures(suggested=49, judged=49, right=39, stated=43.0)) == [NOTHING_TO_DO]
    assert said(Figures(suggested=50, judged=50, right=40, stated=37.0)) == [NOTHING_TO_DO], "too modest does no harm"


def test_a_fallen_category_and_a_weak_one_are_named() -> None:
    fallen = category(2, 20, before=Figures(suggested=20, judged=20, right=20))
    assert any(each.startswith("准确率明显下降：清运") for each in said(categories=[fallen]))
    assert any(each.startswith("明显比平均差：“清运”（2/20）") for each in said(categories=[fallen]))
    assert said(categories=[category(1, 2)]) == [NOTHING_TO_DO], "one of two wrong is chance"


def test_less_sure_suggestions_lead_to_the_queue_that_teaches() -> None:
    now = Window({"010101": 1000}, 700.0, 500.0)
    assert "最能教会系统" in said(drift=drifted(now=now))[0]


def test_without_decisions_or_past_both_are_told() -> None:
    none = Drift(AT, AT, AT, Window({}), Window({}), None, None)
    assert [each[:4] for each in said(Figures(), none)] == ["这段日期", "来件有没"]


def at(*day: int) -> datetime:
    return datetime(*day, tzinfo=CHINA)  # type: ignore[arg-type]


def test_weeks_and_months_are_cut_by_the_days_asked_for() -> None:
    """2026-01-28 is a Wednesday."""
    first, end = at(2026, 1, 28), at(2026, 2, 11)
    assert starts(first, end, "week", CHINA) == [first, at(2026, 2, 2), at(2026, 2, 9)]
    assert starts(first, end, "month", CHINA) == [first, at(2026, 2, 1)]
    assert starts(at(2025, 12, 1), at(2026, 2, 1), "month", CHINA) == [at(2025, 12, 1), at(2026, 1, 1)]
    assert starts(at(2026, 2, 2), at(2026, 2, 9), "week", CHINA) == [at(2026, 2, 2)]


def test_more_periods_than_a_table_shows_are_refused() -> None:
    first = datetime.combine(date(2020, 1, 6), datetime.min.time(), CHINA)
    assert len(starts(first, first + timedelta(weeks=120), "week", CHINA)) == 120
    with pytest.raises(TooManyPeriods):
        starts(first, first + timedelta(weeks=121), "week", CHINA)


def test_a_period_without_data_breaks_the_line_and_has_no_dot() -> None:
    plot = time_plot(["一", "二", "三", "四"], [Line("准确率", "one", [0.0, 1.0, None, 0.5])])
    (line,) = plot.lines
    assert len(line.stretches) == 1
    assert [dot.says for dot in line.dots] == ["一 准确率 0.0%", "二 准确率 100.0%", "四 准确率 50.0%"]
    bottom, top, middle = (dot.y for dot in line.dots)
    assert middle == pytest.approx((bottom + top) / 2)
    assert top < bottom


def test_a_calibrated_bin_lies_on_the_diagonal_and_nothing_gives_no_chart() -> None:
    assert reliability_plot([(0.0, 0, 0)] * 10) is None
    plot = reliability_plot([(0.0, 0, 0), (2.0, 2, 4)])
    assert plot is not None
    assert plot.diagonal is not None
    left, bottom, right, top = plot.diagonal
    (dot,) = plot.lines[0].dots
    assert (dot.x, dot.y) == (pytest.approx((left + right) / 2), pytest.approx((bottom + top) / 2))
