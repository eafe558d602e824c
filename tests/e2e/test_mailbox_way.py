"""From a letter in a real IMAP mailbox to the answer by SMTP, in the same thread, and the closed case."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from api.standins.mail import MailStandIn, Taken
from drills.dovecot import Dovecot
from drills.served import Served
from tests.e2e.conftest import Home
from tests.e2e.staff import Staff, call_back, check_closed, eventually, handle

DESK = "mayor@yuquan.example"
RESIDENT = "chen.guihua@example.com"
ANSWER = "物业已疏通污水管并清理了楼前积水，现场已恢复。"


def _letter(subject: str, text: str, message_id: str, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"陈桂花 <{RESIDENT}>"
    mail["To"] = DESK
    mail["Subject"] = subject
    mail["Date"] = "Tue, 24 Mar 2026 09:30:00 +0800"
    mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, charset="gb18030")
    return mail.as_bytes()


def _mails(mail: MailStandIn, words: str) -> list[Taken]:
    return [each for each in mail.to(RESIDENT) if words in _plain(each)]


def _plain(taken: Taken) -> str:
    """The letter's words as a program without HTML shows them."""
    body = taken.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.dovecot
@pytest.mark.timeout(180)
def test_a_letter_becomes_a_closed_case_and_its_answer_comes_back_by_mail(desk_home: Home, dovecot: Dovecot) -> None:
    mail = MailStandIn()
    mail.start()
    account = dovecot.settings() | {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_tls": "none",
        "address": DESK,
    }
    try:
        with Served(desk_home.folder, {"mailbox": {"mayor": account}}, **desk_home.environment) as served:
            matter = "尊敬的区长：\n\n文化街18号楼前的污水井一直往外冒水，臭得开不了窗，反映给物业没人管，恳请派人处理。\n\n居民 陈桂花"
            dovecot.deliver(_letter("污水外溢无人处理", matter, "<e2e-1@example.com>"))
            received = eventually(lambda: _mails(mail, "工单编号"), what="the receipt by mail")[0].message
            assert received["In-Reply-To"] == "<e2e-1@example.com>"
            assert received["Auto-Submitted"]

            more = "补充一点：现在水已经流到一层住户门口了。"
            reply_to = str(received["Message-ID"])
            subject = f"回复：{received['Subject']}"
            dovecot.deliver(_letter(subject, more, "<e2e-2@example.com>", In_Reply_To=reply_to, References=reply_to))
            desk = Staff(served.url, "dispatcher")
            ticket = eventually(
                lambda: (found := desk.ticket_of(RESIDENT)) and more in found["text"] and found, what="the follow-up"
            )
            assert desk.get("/tickets")["items"][0]["id"] == ticket["id"]
            assert len(desk.get("/tickets")["items"]) == 1, "a follow-up opens no second ticket"

            handle(served.url, RESIDENT, ANSWER)
            answered = eventually(lambda: _mails(mail, ANSWER), what="the answer by mail")
            assert len(answered) == 1
            assert "<e2e-2@example.com>" in str(answered[0].message["References"])
            check_closed(served.url, call_back(served.url, RESIDENT))
    finally:
        mail.stop()
