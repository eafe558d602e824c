"""The ticket's mark in a subject, and the letters a letter answers."""

from __future__ import annotations

import pytest

from channels.mailbox.threading import find_token, mark_subject, message_ids, thread_of

TOKEN = "YQ-7K3M9QX2"


@pytest.mark.parametrize(
    "subject",
    [
        f"回复：已受理 [#{TOKEN}]",
        f"Re: [#{TOKEN}] 已受理",
        f"答复: 已受理 【＃{TOKEN}】",
        f"已受理 ［＃ {TOKEN.lower()} ］",
        f"[#OLD-12345] 转 [#{TOKEN}]",
    ],
)
def test_a_mark_is_found_as_clients_rewrite_it(subject):
    assert find_token(subject) == TOKEN


@pytest.mark.parametrize(
    "subject", ["", "路灯 #3 不亮", "[#12]", "[#路灯路灯路灯]", f"[{TOKEN}]", "[#" + "A" * 50 + "]"]
)
def test_what_is_no_mark_is_not_taken_for_one(subject):
    assert find_token(subject) == ""


def test_a_subject_is_marked_once():
    marked = mark_subject("已受理", TOKEN)
    assert marked == f"已受理 [#{TOKEN}]"
    assert mark_subject(marked, TOKEN) == marked


@pytest.mark.parametrize("token", ["", "短", "a b", "x]\r\nBcc: a", "-ABCDEF-"])
def test_what_is_no_token_marks_nothing(token):
    with pytest.raises(ValueError, match="token"):
        mark_subject("已受理", token)


def test_ids_are_read_with_and_without_brackets_once_and_in_order():
    assert message_ids(b"<a@x> junk <b@x>\r\n <a@x>") == ("<a@x>", "<b@x>")
    assert message_ids(b"a@x b@x") == ("<a@x>", "<b@x>")
    assert message_ids(b"") == message_ids(b"<no end") == ()


def test_a_long_thread_keeps_the_letter_answered_and_the_nearest():
    references = b" ".join(b"<%d@x>" % number for number in range(200))
    thread = thread_of(b"<answered@x>", references)
    assert (len(thread), thread[0], thread[-1]) == (50, "<answered@x>", "<199@x>")
    direct = b" ".join(b"<d%d@x>" % number for number in range(60))
    assert thread_of(direct, references) == tuple(f"<d{number}@x>" for number in range(50))
