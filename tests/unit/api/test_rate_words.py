"""What stands behind a rate is told in words, whatever columns a pack's formula names, and in English, too."""

from __future__ import annotations

from pathlib import Path

import pytest

import packs
from api.web import board, overview_panels, rate_words
from api.web.language import catalogue
from api.web.translating import HAN
from district.formulas import COLUMNS
from district.pack import District, load


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


def test_every_column_that_a_formula_may_name_has_words() -> None:
    assert set(rate_words.COUNTED) == COLUMNS


def test_every_grouping_says_by_what_it_counts() -> None:
    assert set(rate_words.BY) == {*board.BY_LABELS, *overview_panels.BY_LABELS}


def test_every_list_behind_a_rate_is_told_in_english(district: District) -> None:
    said = catalogue("en").said
    for rate in district.formulas.rates:
        for part in rate_words.PARTS:
            assert not HAN.search(said(rate_words.heading(rate, part))), rate.name
    for words in (*rate_words.BY.values(), "2026 年 12 月考核期：11-19 12:00 至 12-19 12:00"):
        assert not HAN.search(said(words)), words
