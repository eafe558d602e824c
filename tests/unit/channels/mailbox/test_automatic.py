"""Mail no person wrote, told from a resident who writes about automatic things."""

from __future__ import annotations

import base64

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


def bounce(*reports: str, envelope: str = "", returned: str = "<ours@example.com>") -> InboundMessage:
    """A bounce (RFC 3464) with the fields of each recipient, and the header of the letter it returns."""
    status = "\r\n\r\n".join(f"Final-Recipient: rfc822; r@example.net\r\n{each}" for each in reports)
    text = (
        "From: MAILER-DAEMON@mx.example.net\r\nReferences: <earlier@example.com>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=d\r\n\r\n"
        f"--d\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n{envelope}\r\n{status}\r\n"
        f"--d\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {returned}\r\n\r\n--d--\r\n"
    )
    (message,) = CHANNEL.parse(text.encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    assert message.automatic == "bounce"
    return message


@pytest.mark.parametrize(
    ("reports", "outcome", "why"),
    [
        (["Action: failed\r\nStatus: 5.1.1"], "failed", "unknown_person"),
        (["Action: failed (gone)\r\nStatus: 5.1.10"], "failed", "unknown_person"),
        (["Action: failed\r\nStatus: 5.2.1"], "failed", "unknown_person"),
        (["Action: failed\r\nStatus: 5.2.2"], "failed", "refused"),
        (["Action: failed\r\nStatus: 5.7.1"], "failed", "refused"),
        (["Action: failed\r\nStatus: 4.4.7"], "failed", "refused"),
        (["Action: failed\r\nDiagnostic-Code: smtp; 550 no such user"], "failed", "unknown_person"),
        (["Action: delayed\r\nStatus: 4.4.1"], "late", ""),
        (["Action: delayed\r\nStatus: 5.1.1"], "late", ""),
        (["Action: delivered\r\nStatus: 2.0.0"], "delivered", ""),
        (["Action: relayed\r\nStatus: 2.0.0", "Action: failed\r\nStatus: 5.1.1"], "failed", "unknown_person"),
    ],
)
def test_a_bounce_says_whether_the_letter_is_lost_late_or_there_and_whether_the_address_is_dead(reports, outcome, why):
    message = bounce(*reports)
    assert message.thread == ("<ours@example.com>",)
    assert message.report is not None
    assert (message.report.outcome, message.report.why) == (outcome, why)


def test_a_bounce_gives_back_the_envelope_s_id():
    message = bounce(
        "Action: failed\r\nStatus: 5.1.1", envelope="Original-Envelope-Id: 01930000-0000-7000-8000-000000000001\r\n"
    )
    assert message.report is not None
    assert message.report.reference == "01930000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("words", "outcome", "why"),
    [
        ("550 5.1.1 no such user", "failed", "unknown_person"),
        ("收件人不存在", "failed", "unknown_person"),
        ("552 5.2.2 mailbox full, giving up", "failed", "refused"),
        ("4.4.1 connection timed out. We will keep trying for 2 days; you do not need to resend", "late", ""),
        ("暂时无法投递，系统将继续尝试", "late", ""),
        ("We will keep trying... no: 5.1.1 user unknown, giving up", "failed", "unknown_person"),
    ],
)
def test_a_bounce_in_words_alone_is_read_like_one(words, outcome, why):
    said = base64.encodebytes(f"{words}\nMessage-ID: <ours@example.com>\n".encode()).decode()
    text = (
        "From: MAILER-DAEMON@mx.example.net\r\nSubject: Mail delivery\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{said}"
    )
    (message,) = CHANNEL.parse(text.encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    assert message.report is not None
    assert (message.thread, message.report.outcome, message.report.why) == (("<ours@example.com>",), outcome, why)


def test_a_notice_without_the_letter_means_the_one_it_answers_and_not_those_before():
    headers = ("From: MAILER-DAEMON@mx.example.net", "References: <earlier@example.com> <ours@example.com>")
    assert read(*headers).thread == ("<ours@example.com>",)
    assert read(*headers, "In-Reply-To: <this@example.com>").thread == ("<this@example.com>",)


def test_a_reply_address_is_not_followed_in_automatic_mail():
    headers = ("From: li@example.com", "Reply-To: victim@example.net")
    assert read(*headers).sender.id == "victim@example.net"
    assert read(*headers, "Auto-Submitted: auto-replied").sender.id == "li@example.com"
    assert read("From: li@example.com", "Reply-To: mayor@example.com").sender.id == "li@example.com"
