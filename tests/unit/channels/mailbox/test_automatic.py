"""Mail no person wrote, told from a resident who writes about automatic things."""

from __future__ import annotations

import pytest

from channels.mailbox import CHANNEL
from channels.message import Account, InboundMessage

ACCOUNT = Account("mailbox", "letters", {"address": "Mayor@example.com"})


def read(*headers: str, body: str = "正文") -> InboundMessage:
    given = "\r\n".join(headers)
    text = f"{given}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    (message,) = CHANNEL.parse(text.encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    return message


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (("Auto-Submitted: auto-replied",), "auto_reply"),
        (("Auto-Submitted: auto-generated (vacation)",), "auto_reply"),
        (("Auto-Submitted: no",), ""),
        (("Auto-Submitted: no", "X-Autoreply: yes"), ""),
        (("X-Autoreply: yes",), "auto_reply"),
        (("X-Autoreply: no",), ""),
        (("Precedence: auto_reply",), "auto_reply"),
        (("Return-Path: <>", "In-Reply-To: <a@example.com>"), "auto_reply"),
        (("Return-Path: <>",), ""),
        (("Subject: 自动回复：您的来信",), "auto_reply"),
        (("Subject: Re: 自动答复 - 休假中",), "auto_reply"),
        (("Subject: 已收到您的邮件【自动回复】",), "auto_reply"),
        (("Subject: Out of Office: 已受理",), "auto_reply"),
        (("Subject: 自动扶梯坏了",), ""),
        (("Subject: 自动回复机器人答非所问，要投诉",), ""),
        (("Subject: 网上投诉后只有自动回复",), ""),
        (("List-Id: <a.example.org>",), "list"),
        (("Precedence: bulk",), "list"),
        (("Precedence: first-class",), ""),
        (("From: MAILER-DAEMON@mx.example.net",), "bounce"),
        (("From: postmaster@mx.example.net", "Subject: Undelivered Mail Returned to Sender"), "bounce"),
        (("From: postmaster@mx.example.net", "Subject: 小区停水"), ""),
        (("From: li@example.com", "Subject: 退信"), ""),
        (("From: li@example.com", "Subject: 法院的传票被退信，找不到地址"), ""),
        (("X-Failed-Recipients: a@example.net",), "bounce"),
        (("From: mayor@EXAMPLE.com",), "own"),
        (("X-Yingsheng-Delivery: 0193",), "own"),
        (("X-Yingsheng-Delivery: 0193", "Precedence: bulk"), "own"),
    ],
)
def test_automatic_mail_is_known_by_more_than_a_word(headers, kind):
    senders = () if any(header.startswith("From:") for header in headers) else ("From: li@example.com",)
    assert read(*senders, *headers).automatic == kind


@pytest.mark.parametrize(
    ("actions", "kept"),
    [
        (["failed"], True),
        (["delayed"], False),
        (["delivered"], False),
        (["relayed", "failed"], True),
        (["failed (gone)"], True),
    ],
)
def test_a_notice_names_the_letter_only_where_it_was_given_up(actions, kept):
    status = "\r\n\r\n".join(
        f"Final-Recipient: rfc822; r{n}@example.net\r\nAction: {action}" for n, action in enumerate(actions)
    )
    text = (
        "From: MAILER-DAEMON@mx.example.net\r\nIn-Reply-To: <ours@example.com>\r\nReferences: <earlier@example.com>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=d\r\n\r\n"
        f"--d\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n{status}\r\n"
        "--d\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@example.com>\r\n\r\n--d--\r\n"
    )
    (message,) = CHANNEL.parse(text.encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    assert message.automatic == "bounce"
    assert message.thread == (("<ours@example.com>",) if kept else ())


def test_a_notice_without_the_letter_means_the_one_it_answers_and_not_those_before():
    headers = ("From: MAILER-DAEMON@mx.example.net", "References: <earlier@example.com> <ours@example.com>")
    assert read(*headers).thread == ("<ours@example.com>",)
    assert read(*headers, "In-Reply-To: <this@example.com>").thread == ("<this@example.com>",)


def test_a_reply_address_is_not_followed_in_automatic_mail():
    headers = ("From: li@example.com", "Reply-To: victim@example.net")
    assert read(*headers).sender.id == "victim@example.net"
    assert read(*headers, "Auto-Submitted: auto-replied").sender.id == "li@example.com"
    assert read("From: li@example.com", "Reply-To: mayor@example.com").sender.id == "li@example.com"
