"""Numbers as switchboards write them."""

from __future__ import annotations

import pytest

from channels.hotline.numbers import normalised
from tests.unit.channels.hotline.calls import GREETING, call, message

LAMP = ("市民", "路灯不亮")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800000000", "13800000000"),
        ("013800000000", "13800000000"),
        ("+86 138-0000-0000", "13800000000"),
        ("0086 13800000000", "13800000000"),
        ("8613800000000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("057188880000", "0571-88880000"),
        ("(0571) 8888-0000", "0571-88880000"),
        ("+86 571 88880000", "0571-88880000"),
        ("01066660000", "010-66660000"),
        ("0571-88880000-803", "0571-88880000-803"),
        ("0571-88880000转803", "0571-88880000-803"),
        ("010-66660000 分机 12", "010-66660000-12"),
        ("88880000", "88880000"),
        ("95598", "95598"),
        ("+852 2345 6789", "+85223456789"),
        ("00852 23456789", "+85223456789"),
        ("未知", ""),
        ("Anonymous", ""),
        ("匿名", ""),
        ("", ""),
        ("138****0000", ""),
        ("0000000", ""),
        ("sip:line7@gw", ""),
    ],
)
def test_a_number_has_one_form(written, number):
    from channels.hotline.reading import default

    assert normalised(written, default().no_number) == number


def test_the_same_person_on_two_switchboards_is_one_sender():
    one, other = (message(call(GREETING, LAMP, caller=written)) for written in ("013800000000", "+8613800000000"))
    assert one.sender == other.sender


@pytest.mark.parametrize("written", ["未知", "unknown", "", None, "138****0000"])
def test_who_hides_his_number_is_known_by_his_call(written):
    sender = message(call(GREETING, LAMP, caller=written)).sender
    assert (sender.id, sender.phone) == ("call:c-1", "")


def test_a_number_said_in_the_call_stays_as_it_was_said():
    made = message(call(GREETING, ("市民", "打我138 0000 2222那个号")))
    assert "138 0000 2222" in made.full_text
    assert made.sender.phone == "13800000000"
