"""What a row becomes: who, when, where; headings, totals and columns that nobody foresaw."""

from __future__ import annotations

from datetime import datetime

import pytest

from channels.errors import ChannelMisconfigured, UnreadableMessage
from channels.message import Account, InboundMessage, Refused
from channels.walk_in import CHANNEL, headings
from district.sheets import FIELDS, bare_heading


def test_every_field_has_headings_known_by_default():
    assert set(headings.DEFAULT) == FIELDS


def test_no_heading_belongs_to_two_fields():
    words = [bare_heading(word) for several in headings.DEFAULT.values() for word in several]
    assert sorted(set(words)) == sorted(words)


def test_the_place_stands_in_the_text_where_triage_looks_for_it(read):
    (said,) = read("诉求内容,地址\n路灯不亮,槐安里3号楼\n")
    assert said.text == "路灯不亮\n地点：槐安里3号楼"


def test_a_place_the_resident_named_himself_is_not_said_twice(read):
    (said,) = read("诉求内容,地址\n槐安里3号楼路灯不亮,槐安里3号楼\n")
    assert said.text == "槐安里3号楼路灯不亮"


def test_a_nameless_resident_is_nobody_else(read):
    one, other = read("日期,诉求内容\n2026-3-5,路灯不亮\n2026-3-5,没有水\n")
    assert one.sender.id != other.sender.id
    assert one.sender.id == read("日期,诉求内容\n2026-3-5,路灯不亮\n2026-3-5,没有水\n")[0].sender.id


def test_a_resident_with_a_phone_is_known_by_it(read):
    (said,) = read("姓名,电话,诉求内容\n甲,139 0000 0101,路灯不亮\n")
    assert (said.sender.id, said.sender.phone, said.sender.name) == ("13900000101", "13900000101", "甲")


def test_a_column_of_no_field_is_kept_as_a_note(read):
    (said,) = read("姓名,诉求内容,天气\n甲,路灯不亮,小雨\n")
    assert "天气：小雨" in said.notes


def test_two_columns_of_one_field_are_a_field_and_a_note(read):
    (said,) = read("电话,联系电话,诉求内容\n13900000101,13900000102,路灯不亮\n")
    assert said.sender.phone == "13900000101"
    assert "联系电话：13900000102" in said.notes


@pytest.mark.parametrize("written", ["九点多", "25:70", "2026-13-40 09:10"])
def test_a_time_beside_a_day_is_asked_for_as_the_sheet_says_times(read, written):
    (refused,) = read(f"日期,时间,诉求内容\n2026-3-5,{written},路灯不亮\n")
    assert refused.where == "时间"
    assert refused.why == f"“{written}”不是认得出的时间，请写成 09:10 这样"


def test_a_whole_moment_in_the_column_of_times_is_taken(read):
    (said,) = read("日期,时间,诉求内容\n2026-3-5,2026-3-5 09:10,路灯不亮\n")
    assert said.sent_at == datetime.fromisoformat("2026-03-05T09:10:00+08:00")


def test_a_day_and_a_time_may_stand_in_two_columns(read):
    (said,) = read("日期,时间,诉求内容\n2026-3-5,下午2点半,路灯不亮\n")
    assert said.sent_at == datetime.fromisoformat("2026-03-05T14:30:00+08:00")


def test_a_row_without_a_matter_is_refused(read):
    (refused,) = read("姓名,诉求内容\n甲,\n")
    assert (refused.row, refused.where, refused.why) == (2, "诉求内容", "没有写诉求内容")


def test_all_that_is_wrong_with_a_row_is_said_at_once(read):
    (refused,) = read("日期,电话,诉求内容\n昨天,123,=1+1\n")
    assert isinstance(refused, Refused)
    assert refused.where == "诉求内容、电话、日期"
    assert refused.why.count("；") == 2


@pytest.mark.parametrize("total", ["合计,,3件", "合计,,", ",合计：3,", "小计,2,3", "总计:,,"])
def test_a_row_of_totals_is_no_matter(read, total):
    assert len(read(f"序号,姓名,诉求内容\n1,甲,路灯不亮\n{total}\n")) == 1


def test_a_matter_that_speaks_of_a_total_is_one(read):
    (said,) = read("姓名,诉求内容\n乙,电费合计多收了三十元\n")
    assert said.text == "电费合计多收了三十元"


@pytest.mark.parametrize("row", ["备注：路灯不亮", "说明：小区门口积水"])
def test_a_matter_that_begins_like_a_footer_is_one(read, row):
    assert [said.text for said in read(f"姓名,诉求内容\n,{row}\n")] == [row]


@pytest.mark.parametrize("row", ["填表人：小周,", "备注：以上已核对,", "合计,"])
def test_a_footer_is_no_matter(read, row):
    assert len(read(f"姓名,诉求内容\n甲,一\n{row}\n")) == 1


def test_a_row_with_a_number_to_call_is_never_a_total(read):
    (said,) = read("姓名,电话,诉求内容\n合计,13900000101,合计\n")
    assert said.sender.phone == "13900000101"


def test_blank_rows_count_and_are_no_matters(read):
    refused = read("姓名,诉求内容\n\n,\n甲,\n")
    assert [each.row for each in refused] == [4]


def test_the_first_of_two_headings_counts_and_the_second_is_no_matter(read):
    assert [said.text for said in read("姓名,诉求内容\n甲,一\n姓名,诉求内容\n乙,二\n")] == ["一", "二"]


def test_headings_of_the_account_go_before_the_known_ones(read):
    (said,) = read("内容,姓名,咨询的事\n大厅,甲,路灯不亮\n", headings={"text": ["咨询的事"], "counter": ["内容"]})
    assert said.text == "路灯不亮"
    assert "窗口：大厅" in said.notes


@pytest.mark.parametrize("given", [{"voice": ["声音"]}, {"text": "内容"}, ["内容"], 7])
def test_headings_that_are_no_table_are_a_fault_of_the_settings(read, given):
    with pytest.raises(ChannelMisconfigured) as wrong:
        CHANNEL.check(Account("walk_in", "hall", {"headings": given}))
    assert wrong.value.setting == "headings"
    with pytest.raises(UnreadableMessage, match="渠道账号的设置不对"):
        read("姓名,诉求内容\n甲,一\n", headings=given)


def test_what_to_make_of_equal_rows_is_one_of_two_words():
    CHANNEL.check(Account("walk_in", "hall", {"equal_rows": "one"}))
    with pytest.raises(ChannelMisconfigured):
        CHANNEL.check(Account("walk_in", "hall", {"equal_rows": "none"}))


def test_a_sheet_without_a_column_of_contents_is_unreadable(read):
    with pytest.raises(UnreadableMessage, match="表头"):
        read("姓名,电话\n甲,13900000101\n")


def test_a_heading_without_rows_is_unreadable(read):
    with pytest.raises(UnreadableMessage):
        read("姓名,诉求内容\n\n")


def test_a_name_too_long_for_its_column_is_cut_with_a_note(read):
    (said,) = read(f"姓名,诉求内容\n{'甲' * 100},路灯不亮\n")
    assert isinstance(said, InboundMessage)
    assert len(said.sender.name) == 60
    assert any("过长" in note for note in said.notes)
