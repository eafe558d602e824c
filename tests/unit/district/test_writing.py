"""Numerals, traditional characters, characters of one sound: other ways of writing the same."""

from __future__ import annotations

import pytest

from district import numerals
from district.characters import simplified
from district.gazetteer import Gazetteer
from district.schemas import Place, PlaceKind
from district.sounds import sounded


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("120", 120),
        ("十二", 12),
        ("二十", 20),
        ("一百零五", 105),
        ("一百五", 150),
        ("三百五十", 350),
        ("一二〇", 120),
        ("两万六", 26_000),
        ("三万零五", 30_005),
        ("一万二千", 12_000),
        ("一亿两千万", 120_000_000),
        ("叁仟伍佰", 3_500),
        ("二〇二六", 2026),
    ],
)
def test_a_numeral_has_its_value(written: str, number: int) -> None:
    assert numerals.value(written) == number


@pytest.mark.parametrize("written", ["", "几百", "号", "3.5", "十a"])
def test_what_is_no_numeral_has_none(written: str) -> None:
    assert numerals.value(written) is None


def test_a_number_is_spelt_the_other_way() -> None:
    assert [numerals.spelt(each) for each in ("1", "10", "12", "35", "三十五", "120", "号")] == [
        "一", "十", "十二", "三十五", "35", "120", "号",
    ]  # fmt: skip


def test_traditional_characters_become_simplified_ones_in_place() -> None:
    text = "青溪路後面的樓道沒燈，臺階壞了 abc"
    assert simplified(text) == "青溪路后面的楼道没灯，台阶坏了 abc"
    assert simplified("青溪路后面") == "青溪路后面"


def test_characters_read_alike_are_one_sound() -> None:
    assert sounded("吾桐") == sounded("梧桐")
    assert sounded("身林") == sounded("森林")  # sh and s
    assert sounded("青溪") != sounded("清河")
    assert len(sounded("a梧?")) == 3


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    def place(name: str, kind: PlaceKind, community: str, *aliases: str) -> Place:
        return Place(name=name, kind=kind, street="U100", community=community, aliases=aliases)

    return Gazetteer(
        [
            place("枫桥家园", PlaceKind.COMPOUND, "U1001"),
            place("枫桥家园二号院", PlaceKind.COMPOUND, "U1002"),
            place("世界公寓", PlaceKind.COMPOUND, "U1003"),
            place("听松大道", PlaceKind.ROAD, "U1004"),
            place("听松大道地铁站", PlaceKind.LANDMARK, "U1005"),
            place("双桥东", PlaceKind.COMMUNITY, "U1006"),
            place("城关中心医院", PlaceKind.LANDMARK, "U1007", "区医院"),
            place("梅岭小学", PlaceKind.LANDMARK, "U1008", "梅小"),
            place("望云台大街", PlaceKind.ROAD, "U1009"),
            place("柳溪职工医院", PlaceKind.LANDMARK, "U1010"),
            place("麦田里", PlaceKind.COMMUNITY, "U1011"),
        ]
    )


@pytest.mark.parametrize(
    ("text", "community"),
    [
        ("楓橋家園停電", "U1001"),
        ("风桥家园停电", "U1001"),
        ("枫桥佳园停电", "U1001"),
        ("枫桥小区停电", "U1001"),
        ("枫桥5号楼停电", "U1001"),
        ("枫桥家园2号院停电", "U1002"),
        ("听松大到的树", "U1004"),
        ("地铁听松大道站", "U1005"),
        ("双桥东的楼道", "U1006"),
        ("去区医院看病", "U1007"),
        ("梅小门口堵车", "U1008"),
        ("塱云台大街", "U1009"),
        ("望去台大街的树", "U1009"),
        ("柳溪医院门口", "U1010"),
        ("麦田里的居民", "U1011"),
    ],
)
def test_a_name_is_known_in_every_way_of_writing_it(gazetteer: Gazetteer, text: str, community: str) -> None:
    (found,) = gazetteer.find(text)
    assert {place.community for place in found.places} == {community}
    assert found.text == text[found.start : found.end]


@pytest.mark.parametrize(
    "text",
    [
        "新世界公寓停水",
        "走遍世界5号楼",
        "双桥东路停水",
        "双桥东面的空地",
        "社区医院不开药",
        "去医院看病",
        "摘青梅小心点",
        "望云台北街",
        "麦田里的麦子熟了",
        "麦田里面有坑",
        "听松大厦",
        "枫桥",
        "听松",
    ],
)
def test_a_piece_of_another_word_is_no_name(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.find(text) == []
