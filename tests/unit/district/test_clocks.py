"""Which column of the clock table binds, and what it allows."""

from __future__ import annotations

import pytest

from district.errors import UnknownName
from district.pack import District
from district.schemas import Column


@pytest.mark.parametrize(
    ("urgency", "hard", "request_type", "column"),
    [
        ("emergency", True, "咨询", Column.EMERGENCY),
        ("urgent", True, "咨询", Column.URGENT),
        ("normal", True, "咨询", Column.HARD),
        ("normal", False, "咨询", Column.CONSULT),
        ("normal", False, "投诉", Column.STANDARD),
        ("normal", False, "没听说过", Column.STANDARD),
    ],
)
def test_emergency_goes_before_urgent_before_hard_before_the_request_type(
    smallest: District, urgency: str, hard: bool, request_type: str, column: Column
) -> None:
    assert smallest.clocks.column(urgency=urgency, hard=hard, request_type=request_type) is column


def test_an_allowance_is_written_as_it_is_read(smallest: District) -> None:
    assert str(smallest.clocks.allowance("answer", "hard")) == "15 wd office"
    assert smallest.clocks.allowance("answer", Column.EMERGENCY).calendar == "always"


def test_an_unknown_clock_or_column_is_refused(smallest: District) -> None:
    with pytest.raises(UnknownName):
        smallest.clocks.allowance("sign", Column.HARD)
    with pytest.raises(UnknownName):
        smallest.clocks.allowance("answer", "soft")
