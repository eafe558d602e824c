"""Message templates: a channel's own words, exactly the fields, values as they are."""

from __future__ import annotations

import pytest

from district.errors import TemplateFields, UnknownName
from district.pack import District
from district.templates import fields_of


def test_a_channel_without_words_of_its_own_says_the_default(smallest: District) -> None:
    words = smallest.templates.render("received", "wechat", number="1", lookup_code="ABC")
    assert (words.subject, words.text) == ("", "已收到，编号 1，查询码 ABC。")


def test_a_channel_says_its_own_words_with_the_districts_names_filled_in(smallest: District) -> None:
    words = smallest.templates.render("received", "mailbox", number="1", lookup_code="ABC")
    assert words.subject == "已收到（1）"
    assert words.text.endswith("样区热线服务中心")


def test_too_few_and_too_many_fields_are_refused(smallest: District) -> None:
    with pytest.raises(TemplateFields) as refused:
        smallest.templates.render("received", "wechat", number="1", advice="x")
    assert (refused.value.missing, refused.value.unknown) == (("lookup_code",), ("advice",))


def test_an_offer_may_hold_more_than_the_template_asks_for(smallest: District) -> None:
    words = smallest.templates.render_offered("urging_noted", "wechat", {"number": "7", "count": 2, "unit": "街道"})
    assert words.text == "7 第 2 次催办已记录。"
    with pytest.raises(TemplateFields):
        smallest.templates.render_offered("urging_noted", "wechat", {"number": "7"})


def test_braces_in_a_value_stay_as_they_are(smallest: District) -> None:
    words = smallest.templates.render("answered", "wechat", number="1", text="{number} {desk.__class__}")
    assert words.text == "1：{number} {desk.__class__}"


def test_an_unknown_template_is_refused(smallest: District) -> None:
    with pytest.raises(UnknownName):
        smallest.templates.render("farewell", "wechat")


@pytest.mark.parametrize("text", ["{a.b}", "{a[0]}", "{}", "{a!r}", "{a:>9}", "{a", "a}", "{0}"])
def test_a_field_is_a_plain_name(text: str) -> None:
    with pytest.raises(ValueError):
        fields_of(text)


def test_doubled_braces_are_letters() -> None:
    assert fields_of("{{不是}} {number}") == {"number"}
