"""What platforms and spreadsheets spoil: numbers, empty words, names for one field, addresses of files."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from channels.city import CHANNEL
from channels.errors import UnreadableMessage
from channels.message import Account, InboundMessage, Refused

ACCOUNT = Account("city", "main", {})
TEXT = "翠微亭小区东门的路灯三天不亮"


def pushed(**order: Any) -> InboundMessage:
    given = {"number": "YC1", "text": TEXT} | order
    (message,) = CHANNEL.parse(json.dumps(given).encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    return message


def number_of(message: InboundMessage | Any) -> str:
    assert message.order is not None
    return str(message.order.number)


def exported(*rows: list[Any]) -> list[Any]:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return CHANNEL.parse(written.getvalue(), ACCOUNT)


@pytest.mark.parametrize("number", [True, False, 1.5, -3, 2.0260305e17, "2.02603E+13", "..", "是"])
def test_what_is_no_number_of_an_order_any_more_is_refused(number: object) -> None:
    with pytest.raises(UnreadableMessage):
        pushed(number=number)


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        (20260305001, "20260305001"),
        (2026030500100123, "2026030500100123"),
        ("2.0260305001E+10", "20260305001"),
        ("'20260305001", "20260305001"),
        ("ＹＣ２０２６", "YC2026"),
        ("YC 2026-1E5", "YC2026-1E5"),
    ],
)
def test_a_number_that_lost_nothing_is_the_number_it_was(number: object, meant: str) -> None:
    assert number_of(pushed(number=number)) == meant


@pytest.mark.parametrize("cell", [202603050010012345, datetime(2026, 3, 5), True, 20260305001.5])
def test_a_number_that_a_spreadsheet_spoilt_is_refused_in_its_row_and_its_neighbours_are_taken(cell: object) -> None:
    bad, good = exported(["工单编号", "诉求内容"], [cell, TEXT], [20260305001, TEXT])
    assert isinstance(bad, Refused)
    assert (bad.where, bad.row) == ("工单编号", 2)
    assert number_of(good) == "20260305001"


def test_an_empty_key_hides_no_other_of_the_same_meaning_and_a_second_text_is_kept() -> None:
    message = pushed(number=None, order_no="YC2", description="灯杆也歪了")
    assert number_of(message) == "YC2"
    assert "description：灯杆也歪了" in message.notes


@pytest.mark.parametrize("word", ["未评价", "未回访", "—", "/"])
def test_a_word_that_says_nothing_of_the_verdict_keeps_no_order_out(word: str) -> None:
    (message,) = exported(["工单编号", "诉求内容", "满意度"], ["YC1", TEXT, word])
    assert message.order.act == "issue"


@pytest.mark.parametrize(
    "address", ["http://city.example/\0", "http://city.example/\u202egpj.exe", "file:///etc/hosts"]
)
def test_a_file_whose_address_no_database_or_person_may_see_is_told_and_not_taken(address: str) -> None:
    message = pushed(attachments=[{"name": "现场.jpg", "url": address}])
    assert message.attachments == ()
    assert message.notes == ("附件“现场.jpg”没有可用的网址",)


def test_files_that_are_bare_addresses_are_taken_and_a_column_of_files_is_told() -> None:
    (file,) = pushed(attachments=["https://city.example/files/1.jpg"]).attachments
    assert file.reference == "https://city.example/files/1.jpg"
    (message,) = exported(["工单编号", "诉求内容", "附件"], ["YC1", TEXT, "现场.jpg"])
    assert message.notes == ("附件：现场.jpg",)


def test_a_category_of_nested_parts_is_refused() -> None:
    with pytest.raises(UnreadableMessage):
        pushed(category=["城市管理", {"name": "路灯"}])
