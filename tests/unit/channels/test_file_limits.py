"""What is too large or too much is left out of a message with a note; the message is taken."""

from __future__ import annotations

from typing import Any

import pytest

from channels.file_limits import LIMITS, OTHERWISE, limits_of, within
from channels.message import Account, Attachment, InboundMessage, Sender
from channels.registry import CHANNELS


def message(*files: Attachment) -> InboundMessage:
    return InboundMessage("mailbox", "mayor", "d", "mail", Sender("a@example.com"), text="路灯不亮", attachments=files)


def account(**settings: Any) -> Account:
    return Account("mailbox", "mayor", settings)


def picture(size: int, name: str = "照片.jpg") -> Attachment:
    return Attachment(name, "image/jpeg", bytes(size))


def test_a_file_within_the_limits_stays_as_it_is() -> None:
    given = message(picture(10), Attachment("远.jpg", "image/jpeg", reference="m-1"))
    assert within(given, account(max_media_bytes=10)) is given


def test_a_file_beyond_the_limit_leaves_its_name_its_size_and_a_note() -> None:
    kept = within(message(picture(2_100_000, "大.jpg"), picture(5)), account(max_media_bytes=2_000_000))
    assert [(file.name, file.size, file.content) for file in kept.attachments] == [
        ("大.jpg", 2_100_000, None),
        ("照片.jpg", 0, bytes(5)),
    ]
    assert kept.notes == ("附件 大.jpg：文件 2.1 MB，超过上限 2 MB，没有保存",)
    assert (kept.text, kept.delivery_id) == ("路灯不亮", "d")


def test_files_beyond_the_number_are_left_out_and_not_fetched() -> None:
    far = Attachment("远.jpg", "image/jpeg", reference="m-1")
    kept = within(message(picture(5), far), account(max_files=1))
    assert [(file.content, file.reference) for file in kept.attachments] == [(bytes(5), ""), (None, "")]
    assert kept.notes == ("附件 远.jpg：一次最多收 1 个文件，这一个没有保存",)


def test_an_account_has_its_own_limits_and_else_its_channels() -> None:
    assert limits_of(account()) == LIMITS["mailbox"]
    own = limits_of(account(max_media_bytes="500", max_files=3))
    assert (own.file_bytes, own.files) == (500, 3)
    assert limits_of(Account("sms_demo", "x")) == OTHERWISE


@pytest.mark.parametrize("wrong", ["many", -1, 0, None, [], float("inf")])
def test_a_limit_that_is_no_number_keeps_the_usual_one(wrong: object) -> None:
    assert limits_of(account(max_media_bytes=wrong)) == LIMITS["mailbox"]


def test_the_table_names_channels_of_the_desk() -> None:
    assert LIMITS.keys() - CHANNELS.keys() <= {"city"}
