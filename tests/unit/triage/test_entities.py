"""What a text names, with offsets of the text given."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from district.pack import District
from triage import entities, organisations


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
        ("身份证号：110105 1949 1231 002X", "id_number", "110105 1949 1231 002X"),
        ("手机138 0013 8000", "phone", "138 0013 8000"),
        ("打138-0013-8000找我", "phone", "138-0013-8000"),
        ("打400-123-4567没人接", "phone", "400-123-4567"),
        ("绿牌京AD12345的车", "plate", "京AD12345"),
        ("京A·12345一直停着", "plate", "京A·12345"),
        ("车牌京 A12345", "plate", "京 A12345"),
        ("工单编号：GD20260301000123", "order_number", "GD20260301000123"),
        ("交了三千二，不退", "money", "三千二"),
        ("一共一万两千多块", "money", "一万两千多块"),
        ("收我20块停车费", "money", "20块"),
        ("罚了¥1,200.50", "money", "¥1,200.50"),
        ("物业的王经理说不管", "person", "王经理"),
        ("联系人：赵力 电话不便", "person", "赵力"),
        ("來電人陳小明，反映噪音", "person", "陳小明"),
        ("請王女士回電", "person", "王女士"),
        ("窗口小李说要等", "person", "小李"),
        ("房东赵强收了押金", "person", "赵强"),
        ("我儿子孙一鸣参军", "person", "孙一鸣"),
        ("康大夫态度好", "person", "康大夫"),
        ("“又一春饭店”油烟大", "organisation", "又一春饭店"),
        ("我在和美超市买的", "organisation", "和美超市"),
        ("去蓝天英语退费", "organisation", "蓝天英语"),
        ("两块五一碗的豆腐脑", "money", "两块五"),
        ("每吨四块五毛五", "money", "四块五毛五"),
        ("座机010-12345678转806", "phone", "010-12345678转806"),
        ("手机一三八零零一三八零零零", "phone", "一三八零零一三八零零零"),
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
        "住2单元",
        "三元桥一块走",
        "买了50块地砖",
        "当时主任不在，总经理也不在",
        "工人还在施工，声音大",
        "第二块监控坏了",
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


@pytest.mark.parametrize(
    ("text", "written", "told"),
    [
        ("我住柳岸小区3号楼2单元501", "柳岸小区3号楼2单元501", {"building": 3, "unit": 2, "room": 501}),
        ("柳岸小区 3-2-501漏水", "柳岸小区 3-2-501", {"building": 3, "unit": 2, "room": 501}),
        ("柳岸小区十二栋一层", "柳岸小区十二栋", {"building": 12}),
        ("青溪路12号院墙倒了", "青溪路12号", {"number": 12}),
        ("青溪路66号门前", "青溪路66号", {"number": 66}),
        ("青溪路甲12号院3号楼", "青溪路甲12号院3号楼", {"number": 12, "building": 3}),
        ("青溪路北侧30号门口", "青溪路北侧30号", {"number": 30}),
        ("3号楼2单元501室漏水", "3号楼2单元501室", {"building": 3, "unit": 2, "room": 501}),
    ],
)
def test_an_address_goes_down_to_the_door(district: District, text: str, written: str, told: dict[str, int]) -> None:
    (named,) = entities.find(text, entities.places(text, district.gazetteer))
    assert (named.kind, named.text) == ("address", written)
    assert told.items() <= named.value.items()
    assert named.personal is ("unit" in told)


def test_the_committee_of_a_compound_is_named_behind_it(district: District) -> None:
    assert found(district, "柳岸小区业委会改选") == [("place", "柳岸小区"), ("organisation", "业委会")]


def test_a_street_s_office_and_the_district_s_units_are_organisations(district: District) -> None:
    text = "青溪街道办和区市场监管局都来过"
    named = entities.find(text, entities.places(text, district.gazetteer), units=organisations.known(district.units))
    assert [(each.kind, each.text) for each in named] == [
        ("organisation", "青溪街道办"), ("organisation", "区市场监管局"),
    ]  # fmt: skip


def test_what_tells_who_somebody_is_is_personal(district: District) -> None:
    text = "我叫李小明，13800138000，京A12345，在青溪路12号交了200元"
    named = entities.find(text, entities.places(text, district.gazetteer))
    assert {each.kind: each.personal for each in named} == {
        "person": True, "phone": True, "plate": True, "address": False, "money": False,
    }  # fmt: skip


def test_a_time_is_told_from_the_moment_of_the_message() -> None:
    (named,) = entities.find("昨天", (), datetime(2026, 3, 24, 10, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert named.value == {"start": "2026-03-23T00:00:00+08:00", "end": "2026-03-24T00:00:00+08:00"}


def test_money_and_phones_carry_their_value(district: District) -> None:
    text = "退我1.5万元，电话010-12345678"
    values = [each.value for each in entities.find(text, ())]
    assert {"yuan": 15_000.0} in values
    assert {"digits": "01012345678"} in values


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("三百五十块钱", 350),
        ("1万2元", 12_000),
        ("两千余元", 2_000),
        ("5块5毛", 5.5),
        ("三万元", 30_000),
        ("¥300", 300),
    ],
)
def test_a_sum_in_words_has_its_value(text: str, yuan: float) -> None:
    assert [each.value for each in entities.find(f"付了{text}", ())] == [{"yuan": yuan}]


def test_entities_are_bounded(district: District) -> None:
    text = "电话13800138000，" * 2_000
    assert len(entities.find(text, entities.places(text, district.gazetteer))) == entities.MOST
