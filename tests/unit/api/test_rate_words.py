"""What stands behind a rate is told in words, whatever columns a pack's formula names."""

from __future__ import annotations

from api.web import board, overview_panels, rate_words
from district.formulas import COLUMNS


def test_every_column_that_a_formula_may_name_has_words() -> None:
    assert set(rate_words.COUNTED) == COLUMNS


def test_every_grouping_says_by_what_it_counts() -> None:
    assert set(rate_words.BY) == {*board.BY_LABELS, *overview_panels.BY_LABELS}
