"""Which delivery a row is: the same sheet again adds nothing, and no resident is taken for another."""

from __future__ import annotations

from datetime import datetime

import pytest

from channels.message import Ignored, InboundMessage

HEAD = "来访时间,姓名,电话,诉求内容\n"
ONE = "2026-03-05 09:00,甲,13900000101,路灯不亮\n"
TWO = "2026-03-05 09:10,乙,13900000102,停水\n"
LITTLE = ",,,路灯不亮\n"


def ids(found):
    return [each.delivery_id for each in found]


def test_the_same_sheet_again_has_the_same_ids(read):
    assert ids(read(HEAD + ONE + LITTLE)) == ids(read(HEAD + ONE + LITTLE))


@pytest.mark.parametrize("other", [
    (HEAD + ONE + LITTLE).encode("gb18030"),
    (HEAD + ONE + LITTLE).replace(",", "\t").encode("utf-16"),
    (HEAD + ONE + LITTLE).replace("\n", "\r\n").encode("utf-8-sig"),
    (HEAD + ONE + LITTLE).replace("2026-03-05 09:00", "2026年3月5日 上午9点").replace("13900000101", "139 0000 0101").encode(),
])  # fmt: skip
def test_the_same_values_in_other_bytes_have_the_same_ids(read, other):
    assert ids(read(other)) == ids(read(HEAD + ONE + LITTLE))


def test_a_workbook_saved_again_has_the_ids_of_the_text_it_came_from(read, workbook):
    rows = [
        HEAD.strip().split(","),
        [datetime(2026, 3, 5, 9), "甲", 13900000101.0, "路灯不亮"],
        [None, None, None, "路灯不亮"],
    ]
    assert ids(read(workbook(rows))) == ids(read(HEAD + ONE + LITTLE))


def test_two_equal_rows_of_a_sheet_are_two_residents(read):
    for rows in (LITTLE * 2, ONE * 2):
        found = read(HEAD + rows)
        assert all(isinstance(each, InboundMessage) for each in found)
        assert len(set(ids(found))) == 2


def test_two_equal_rows_are_one_where_the_account_says_so(read):
    first, second = read(HEAD + LITTLE * 2, equal_rows="one")
    assert (type(first), type(second)) == (InboundMessage, Ignored)
    assert second.reason == "第 3 行与第 2 行完全相同，只算一件"


def test_a_sheet_carried_on_all_month_adds_its_new_rows_only(read):
    assert ids(read(HEAD + ONE + TWO))[0] == ids(read(HEAD + ONE))[0]


def test_a_row_mended_in_the_sheet_leaves_its_neighbours_known(read):
    before, after = read(HEAD + ONE + TWO.replace("13900000102", "1390000010")), read(HEAD + ONE + TWO)
    assert before[0].delivery_id == after[0].delivery_id
    assert before[1].delivery_id != after[1].delivery_id


def test_a_row_that_says_little_is_not_that_of_another_sheet(read):
    assert ids(read(HEAD + LITTLE))[0] != ids(read(HEAD + LITTLE + TWO))[0]


def test_sheets_of_other_content_have_other_ids(read):
    assert ids(read(HEAD + LITTLE)) != ids(read(HEAD + ",,,路灯坏了\n"))
