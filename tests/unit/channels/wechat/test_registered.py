"""Template and subscription messages: what fits a field, and what a wrong mapping is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import ChannelMisconfigured
from channels.message import Account
from channels.wechat import CHANNEL
from channels.wechat.registered import templates
from channels.wechat.values import fit

GOOD: dict[str, Any] = {"id": "an-id", "kind": "template", "fields": {"thing1": "{matter}"}}


@pytest.mark.parametrize(
    ("field", "value", "fitted"),
    [
        ("thing1", "字" * 20, "字" * 20),
        ("thing1", "字" * 21, "字" * 19 + "…"),
        ("thing12", "两\n行", "两 行"),
        ("thing1", "", "无"),
        ("character_string2", "260310-0001号", "260310-0001"),
        ("character_string2", "号", "-"),
        ("phrase3", "办理中 ok", "办理中"),
        ("phrase3", "正在核实办理", "正在核实办"),
        ("number4", "共 12 件", "12"),
        ("name5", "欧阳" * 6, "欧阳" * 5),
        ("name5", "a" * 25, "a" * 20),
        ("phone_number6", "电话 0571-12345", "0571-12345"),
        ("short_thing7", "一二三四五六", "一二三四…"),
        ("first", "字" * 300, "字" * 199 + "…"),
    ],
)
def test_a_value_is_cut_to_what_its_kind_of_field_takes(field: str, value: str, fitted: str) -> None:
    assert fit(field, value) == fitted


LIMITS = {"thing": 20, "short_thing": 5, "character_string": 32, "number": 32, "letter": 32, "symbol": 5, "phrase": 5,
          "name": 20, "phone_number": 17, "car_number": 8, "amount": 20, "time": 20, "date": 20, "const": 20}  # fmt: skip


@given(kind=st.sampled_from(sorted(LIMITS)), value=st.text(max_size=80))
def test_no_value_is_empty_or_longer_than_published(kind: str, value: str) -> None:
    found = fit(f"{kind}1", value)
    assert 0 < len(found) <= LIMITS[kind]
    assert found.strip()


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ("answered", "templates"),
        ({"answered": "an-id"}, "templates.answered"),
        ({"answered": GOOD | {"id": " "}}, "templates.answered.id"),
        ({"answered": GOOD | {"kind": "mass"}}, "templates.answered.kind"),
        ({"answered": GOOD | {"fields": {}}}, "templates.answered.fields"),
        ({"answered": GOOD | {"fields": {"事项": "{matter}"}}}, "templates.answered.fields.事项"),
        ({"answered": GOOD | {"fields": {"thing1": "{matter.title}"}}}, "templates.answered.fields.thing1"),
        ({"answered": GOOD | {"fields": {"thing1": "{matter"}}}, "templates.answered.fields.thing1"),
        ({"answered": GOOD | {"fields": {"thing1": 5}}}, "templates.answered.fields.thing1"),
        ({"answered": GOOD | {"url": "pages/t"}}, "templates.answered.url"),
        ({"answered": GOOD | {"colour": "red"}}, "templates.answered.colour"),
    ],
)
def test_a_wrong_mapping_is_named_before_the_first_message(given: object, setting: str) -> None:
    account = Account("wechat", "unit", {"token": "t", "app_id": "wx1", "app_secret": "s", "templates": given})
    with pytest.raises(ChannelMisconfigured) as raised:
        CHANNEL.check(account)
    assert raised.value.setting == setting


def test_an_account_without_a_mapping_reaches_nobody_outside() -> None:
    assert templates(Account("wechat", "unit", {})) == {}
    assert not CHANNEL.registered("answered", Account("wechat", "unit", {}))
