"""Letters sent through a real SMTP server, and read back by our own parser and by the standard library's."""

from __future__ import annotations

import email
import email.policy
import re
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.mailbox import CHANNEL
from channels.mailbox.addresses import UNKNOWN_DOMAIN
from channels.message import Account, OutboundMessage
from drills.dovecot import make_certificate
from tests.contract.faults_mailbox import PASSWORD, RECIPIENT, SETTINGS, USER, Platform, bench

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def outbound(**changes) -> OutboundMessage:
    given = {
        "id": "0193-0001",
        "channel": "mailbox",
        "account": "letters",
        "recipient": RECIPIENT,
        "title": "您的诉求已受理",
        "text": "您反映的路灯不亮一事已受理。\n.\n单独一个点的行不会截断信件。",
        "recipient_name": "王某",
    }
    return OutboundMessage(**{**given, **changes})


async def sent(message: OutboundMessage, **settings):
    async with bench(**settings) as running:
        platform_id = await CHANNEL.send(message, running.account, running.state, now=NOW)
        envelope = running.platform.taken[0]
    return platform_id, envelope, email.message_from_bytes(envelope.content, policy=email.policy.default)


def words(mail, kind: str = "plain") -> str:
    return mail.get_body((kind,)).get_content()


async def test_a_letter_arrives_whole_marked_and_threaded():
    message = outbound(
        ticket_token="YS-20260324-0012-7K3M9Q",
        replies_to="<a@example.com>",
        thread=("<z@example.com>", "<a@example.com>"),
    )
    platform_id, envelope, mail = await sent(message)
    assert platform_id == "<yingsheng.0193-0001@example.com>" == mail["Message-ID"]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("mayor@example.com", [RECIPIENT])
    assert mail["Subject"] == "您的诉求已受理 [#YS-20260324-0012-7K3M9Q]"
    assert mail["From"].addresses[0].display_name == "区长信箱"
    assert mail["To"].addresses[0].display_name == "王某"
    assert (mail["In-Reply-To"], mail["References"]) == ("<a@example.com>", "<z@example.com> <a@example.com>")
    assert mail["Date"].datetime == NOW
    assert words(mail).splitlines() == message.text.splitlines()


async def test_a_letter_says_that_it_is_automatic_so_that_no_machine_answers_it():
    _, _, mail = await sent(outbound())
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    _, _, answer = await sent(outbound(replies_to="<a@example.com>"))
    assert answer["Auto-Submitted"] == "auto-replied"


async def test_what_a_person_wrote_says_not_that_it_is_automatic():
    _, _, mail = await sent(outbound(replies_to="<a@example.com>", written_by="person"))
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] == "All"


async def test_only_a_notice_nobody_asked_for_says_how_to_leave_it():
    _, _, notice = await sent(outbound(written_by="notice"))
    assert notice["List-Id"] == "<notices.example.com>"
    assert notice["List-Unsubscribe"] == "<mailto:mayor@example.com?subject=%E9%80%80%E8%AE%A2>"
    for others in ("desk", "person"):
        _, _, mail = await sent(outbound(written_by=others))
        assert (mail["List-Id"], mail["List-Unsubscribe"]) == (None, None)


async def test_an_answer_is_wanted_at_the_mailbox_itself():
    _, _, mail = await sent(outbound())
    assert mail["Reply-To"].addresses[0].addr_spec == "mayor@example.com"


async def test_mail_is_sent_as_plain_text_and_html():
    text = "您好：\n\n路灯 <已修复> & 验收。\n第二行"
    _, envelope, mail = await sent(outbound(text=text))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert words(mail).strip() == text
    page = words(mail, "html")
    assert "<p>您好：</p>" in page
    assert "<p>路灯 &lt;已修复&gt; &amp; 验收。<br>\n第二行</p>" in page
    (again,) = CHANNEL.parse(envelope.content, Account("mailbox", "x", {"address": "x@example.org"}))
    assert again.text == text


async def test_html_links_our_own_addresses_alone_and_loads_nothing():
    text = (
        "查询 https://desk.example/lookup?code=A&b=1。\n别处 https://desk.example.evil/x 和 https://evil.example/\n"
        '<img src="https://evil.example/p.png"> javascript:alert(1) https://desk.example@evil.example/'
    )
    _, _, mail = await sent(outbound(text=text), public_url="https://desk.example")
    page = words(mail, "html")
    links = re.findall(r'href="([^"]*)"', page)
    assert links == ["https://desk.example/lookup?code=A&amp;b=1"]
    assert not re.search(r"<(?:img|script|link|style|iframe)|\bsrc\s*=\s*[\"']http", page.replace("&lt;img", ""))


async def test_the_letter_that_is_answered_is_quoted_below_at_most_forty_lines():
    quotes = "\n".join(f"第{number}行 <b>" for number in range(60))
    _, _, mail = await sent(outbound(text="已受理。", quotes=quotes, replies_to="<a@example.com>"))
    lines = words(mail).strip().splitlines()
    assert lines[:3] == ["已受理。", "", "> 第0行 <b>"]
    assert len([line for line in lines if line.startswith("> ")]) == 40
    assert lines[-1] == "> …"
    page = words(mail, "html")
    assert page.count("<blockquote") == 1
    assert "第0行 &lt;b&gt;<br>" in page


async def test_what_we_quote_is_cut_again_when_the_resident_answers_it():
    _, _, mail = await sent(outbound(text="已受理。", quotes="路灯不亮。"))
    answer = (
        "From: li@example.com\r\nTo: mayor@example.com\r\nSubject: Re\r\nIn-Reply-To: <a@example.com>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n谢谢，还没修好。\r\n\r\n"
        + "\r\n".join(f"> {line}" for line in words(mail).strip().splitlines())
    )
    (message,) = CHANNEL.parse(answer.encode(), Account("mailbox", "letters", SETTINGS))
    assert message.text == "谢谢，还没修好。"


async def test_a_server_that_passes_it_on_is_given_the_envelope_s_id():
    async with bench() as running:
        running.platform.tells_dsn = True
        await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
        assert "ENVID=0193-0001" in running.platform.mail_options
        assert running.platform.taken


async def test_two_desks_that_write_to_each_other_fall_silent_at_the_first_letter():
    """Whatever of our marks a relay has left in it: the subject is another every time, so it cannot be the sign."""
    theirs = Account("mailbox", "other", {"address": RECIPIENT})
    for number in range(3):
        _, envelope, _ = await sent(outbound(id=f"loop-{number}", title=f"回复 {number}"))
        for stripped, kind in ((b"", "own"), (b"X-Yingsheng-Delivery", "auto_reply")):
            lines = [each for each in envelope.content.split(b"\r\n") if not stripped or not each.startswith(stripped)]
            (message,) = CHANNEL.parse(b"\r\n".join(lines), theirs)
            assert message.automatic == kind


async def test_our_own_letter_coming_back_is_known_as_ours():
    _, envelope, _ = await sent(outbound())
    elsewhere = Account("mailbox", "other", {"address": "other@example.com"})
    (message,) = CHANNEL.parse(envelope.content, elsewhere)
    assert message.automatic == "own"
    assert message.external_id == "<yingsheng.0193-0001@example.com>"


async def test_the_same_delivery_has_the_same_message_id_at_every_try():
    first, _, _ = await sent(outbound())
    second, _, _ = await sent(outbound(text="又一次"))
    assert first == second


@pytest.mark.parametrize("field", ["title", "recipient_name", "id", "replies_to"])
async def test_no_value_can_add_a_header(field):
    evil = "甲\r\nBcc: victim@example.com\r\n\r\n正文"
    _, envelope, mail = await sent(outbound(**{field: evil}))
    assert mail["Bcc"] is None
    assert envelope.rcpt_tos == [RECIPIENT]
    assert "已受理" in words(mail)


async def test_long_chinese_subjects_and_long_references_survive_folding():
    ids = tuple(f"<{'x' * 90}.{number}@example.com>" for number in range(30))
    _, envelope, mail = await sent(outbound(title="路灯" * 90, thread=ids, replies_to=ids[-1]))
    assert mail["Subject"] == "路灯" * 90
    assert mail["References"].split() == list(ids[-21:])
    assert max(map(len, envelope.content.splitlines())) < 998
    assert envelope.content.isascii()


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "nobody",
        "a b@example.com",
        "a@b@example.com",
        "张三@example.com",
        f"unknown-12@{UNKNOWN_DOMAIN}",
        "a@example.com\r\nx",
    ],
)
async def test_a_recipient_no_letter_can_go_to_fails_and_nothing_is_sent(recipient):
    async with bench() as running:
        with pytest.raises(SendFailed):
            await CHANNEL.send(outbound(recipient=recipient), running.account, running.state, now=NOW)
        assert not running.platform.taken


async def test_a_chinese_domain_is_written_in_its_ascii_form():
    _, envelope, _ = await sent(outbound(recipient="a@例子.example"))
    assert envelope.rcpt_tos == ["a@xn--fsqu00a.example"]


async def test_greylisting_waits_as_long_as_the_server_asks():
    async with bench() as running:
        await running.inject("greylisted")
        with pytest.raises(SendDelayed) as raised:
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
    assert raised.value.retry_after == 300


async def test_a_line_broken_after_the_letter_may_have_delivered_it():
    async with bench() as running:
        await running.inject("line broken after the letter")
        with pytest.raises(SendUncertain):
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
        assert len(running.platform.taken) == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"smtp_host": ""}, "smtp_host"),
        ({"smtp_host": "mx.example.com"}, "smtp_tls"),
        ({"smtp_tls": "perhaps"}, "smtp_tls"),
        ({"smtp_tls": "starttls"}, "smtp_tls"),
        ({"address": ""}, "address"),
        ({"smtp_password": "wrong"}, "smtp_password"),
    ],
)
async def test_a_wrong_setting_is_named(settings, named):
    async with bench(**settings) as running:
        with pytest.raises(ChannelMisconfigured) as raised:
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
    assert raised.value.setting == named


@pytest.fixture
def certificate():
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        yield f"{folder}/cert.pem", context


async def test_starttls_is_used_and_its_certificate_verified(certificate):
    ca_file, context = certificate
    platform = Platform(options={"tls_context": context})
    await platform.start()
    settings = {
        **SETTINGS,
        "smtp_host": "127.0.0.1",
        "smtp_port": platform.port,
        "smtp_tls": "starttls",
        "smtp_user": USER,
        "smtp_password": PASSWORD,
    }
    try:
        trusting = Account("mailbox", "letters", {**settings, "smtp_ca_file": ca_file})
        assert await CHANNEL.send(outbound(), trusting, None, now=NOW)
        assert platform.logins == 1
        with pytest.raises(ChannelMisconfigured) as raised:
            await CHANNEL.send(outbound(), Account("mailbox", "letters", settings), None, now=NOW)
        assert raised.value.setting == "smtp_ca_file"
        assert len(platform.taken) == 1
    finally:
        await platform.stop()
