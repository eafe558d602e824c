"""A file that leaves the desk says when it does not hold everything."""

from __future__ import annotations

from api.web.exports import AT_MOST, at_most

HEAD = ("工单", "诉求")


def test_a_list_that_fits_is_left_as_it_is() -> None:
    rows = [HEAD, *(("n", str(number)) for number in range(3))]
    assert at_most(rows, 3) == rows


def test_a_list_that_is_cut_says_so_in_its_head_and_its_last_line() -> None:
    cut = at_most([HEAD, *(("n", str(number)) for number in range(4))], 3)
    assert len(cut) == 1 + 3 + 1
    assert cut[0][:2] == HEAD
    assert cut[-2] == ("n", "2")
    assert "只含前 3 行" in cut[0][-1]
    assert cut[-1] == (cut[0][-1],)


def test_the_limit_is_ten_thousand_rows() -> None:
    assert AT_MOST == 10_000
