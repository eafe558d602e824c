"""Telephone numbers: what a spreadsheet spoilt is mended where no digit is lost, and refused where one is."""

from __future__ import annotations

import pytest

from channels.sheets import phones
from channels.sheets.phones import PhoneUnfit


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("13900000101", "13900000101"),
        (13900000101, "13900000101"),
        (13900000101.0, "13900000101"),
        ("13900000101.0", "13900000101"),
        ("1.3900000101E10", "13900000101"),
        ("1.3900000101e+10", "13900000101"),
        ("１３９０００００１０１", "13900000101"),
        ("139 0000 0101", "13900000101"),
        ("139-0000-0101", "13900000101"),
        ("139\u00a00000\u30000101", "13900000101"),
        ("'13900000101", "13900000101"),
        ("+86 139 0000 0101", "13900000101"),
        ("+8613900000101", "13900000101"),
        ("8613900000101", "13900000101"),
        ("010-62340101", "01062340101"),
        ("(010)62340101", "01062340101"),
        ("0999-6234 0101", "099962340101"),
        ("62340101转801", "62340101-801"),
        ("12345", "12345"),
        ("400-600-0101", "4006000101"),
        ("+852 2345 0101", "+85223450101"),
    ],
)
def test_a_number_is_read_as_its_digits(written, phone):
    assert phones.read(written) == (phone, "")


@pytest.mark.parametrize("written", ["", "无", "不详", "/", "—", "  未留 ", None])
def test_a_resident_may_leave_no_number(written):
    assert phones.read(written) == ("", "")


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("13900000101（女儿）", "13900000101"),
        ("13900000101/13900000102", "13900000101"),
        ("13900000101 13900000102", "13900000101"),
        ("李女士 13900000101", "13900000101"),
    ],
)
def test_the_first_number_counts_and_the_words_beside_it_are_kept(written, phone):
    found, beside = phones.read(written)
    assert found == phone
    assert "13900000101" in beside


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("1.39E+10", "后面的数字已丢失"),
        (1.39, "不是电话号码"),
        ("1390000010", "10 位数字"),
        ("139000001011", "12 位数字"),
        ("问社区", "没有电话请留空"),
        ("9" * 199, "不是电话号码"),
    ],
)
def test_a_number_nobody_can_call_is_refused_with_a_sentence(written, told):
    with pytest.raises(PhoneUnfit, match=told):
        phones.read(written)
