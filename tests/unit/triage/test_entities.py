"""What a text names, with offsets of the text given."""

from __future__ import annotations

import pytest

from district.pack import District
from triage import entities


def found(district: District, text: str) -> list[tuple[str, str]]:
    named = entities.find(text, entities.places(text, district.gazetteer))
    assert all(text[each.start : each.end] == each.text for each in named)
    return [(each.kind, each.text) for each in named]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("联系电话13800138000，谢谢", "phone", "13800138000"),
        ("电话１３８００１３８０００", "phone", "１３８００１３８０００"),
        ("座机010-12345678", "phone", "010-12345678"),
        ("车牌京A12345占道", "plate", "京A12345"),
        ("车牌京a12345占道", "plate", "京a12345"),
        ("交了3000元押金", "money", "3000元"),
        ("亏了1.5万元", "money", "1.5万元"),
        ("昨天晚上就没亮", "time", "昨天晚上"),
        ("晚上十点半还在响", "time", "晚上十点半"),
        ("2026年3月2日报修", "time", "2026年3月2日"),
        ("我在幸运超市买的", "organisation", "幸运超市"),
        ("投诉安居物业公司不管", "organisation", "安居物业公司"),
        ("我叫李小明，住在这里", "person", "李小明"),
        ("上次单号C20260301-0012没回复", "order_number", "C20260301-0012"),
        ("身份证11010519491231002X", "id_number", "11010519491231002X"),
    ],
)
def test_names_and_numbers_are_found_by_their_form(district: District, text: str, kind: str, name: str) -> None:
    assert (kind, name) in found(district, text)


@pytest.mark.parametrize(
    "text",
    [
        "身份证110105194912310021",  # the check digit is wrong
        "编号1380013800012345",  # longer than a phone
        "面积30元米",
        "24小时没人",
    ],
)
def test_what_only_looks_like_a_number_is_none(district: District, text: str) -> None:
    assert found(district, text) == []


def test_a_house_number_makes_a_place_an_address(district: District) -> None:
    text = "青溪路１２号门口，望塔花园旁边"
    named = entities.find(text, entities.places(text, district.gazetteer))
    assert [(each.kind, each.text) for each in named] == [("address", "青溪路１２号"), ("place", "望塔花园")]
    assert named[0].value == {"name": "青溪路", "road": "青溪路", "street": "U100", "community": "U1001", "number": 12}


def test_money_and_phones_carry_their_value(district: District) -> None:
    text = "退我1.5万元，电话010-12345678"
    values = [each.value for each in entities.find(text, ())]
    assert {"yuan": 15_000.0} in values
    assert {"digits": "01012345678"} in values


def test_entities_are_bounded(district: District) -> None:
    text = "电话13800138000，" * 2_000
    assert len(entities.find(text, entities.places(text, district.gazetteer))) == entities.MOST
