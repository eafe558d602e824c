"""A district of six categories, two streets and a few places, and an engine trained on texts written for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import packs
from district.directory import Directory
from district.examples import NONE
from district.gazetteer import Gazetteer
from district.pack import District, load
from district.schemas import (
    Category,
    Cue,
    DirectoryLine,
    Place,
    PlaceKind,
    RequestType,
    Unit,
    UnitKind,
    UrgencyRule,
    UrgencyRules,
)
from district.taxonomy import Taxonomy
from district.units import Units
from triage import training
from triage.assess import Engine
from triage.examples import Labelled
from triage.model import Model

LEAVES = {
    "010101": (
        "市政",
        "路灯",
        "路灯不亮",
        "路灯|灯杆|不亮",
        ("路灯不亮", "路灯坏了没人修", "一排灯杆晚上全黑着", "灯泡一闪一闪的"),
    ),
    "010201": (
        "市政",
        "道路",
        "路面坑洼",
        "坑|路面|坑洼",
        ("路面有个大坑", "马路坑坑洼洼", "柏油破了一块", "井边塌下去一截"),
    ),
    "020101": (
        "环卫",
        "垃圾",
        "垃圾没清",
        "垃圾|清运|桶",
        ("垃圾三天没清", "垃圾桶满了", "厨余堆在门口发臭", "清运车好几天没来"),
    ),
    "020201": ("环卫", "公厕", "公厕脏", "公厕|厕所", ("公厕太脏", "厕所没人冲洗", "公厕没纸没水", "厕所门锁坏了")),
    "030101": (
        "治安",
        "噪声",
        "广场舞噪声",
        "广场舞|音响",
        ("广场舞音响太响", "跳舞的音乐吵得睡不着", "大喇叭放歌扰民", "晚上跳舞吵死了"),
    ),
    "040101": (
        "市场",
        "消费",
        "退款纠纷",
        "退款|商家",
        ("商家不给退款", "办卡跑路了钱不退", "买的东西是假货不退钱", "健身房关门不退费"),
    ),
}
WAYS = ("{}", "{}，请尽快处理", "{}，反映过没人管", "你好，{}，什么时候能解决", "{}，已经很久了", "我想反映一下{}")
UNITS = (
    ("U001", "区城市管理委", UnitKind.BUREAU, None),
    ("U002", "区环卫中心", UnitKind.BUREAU, None),
    ("U003", "区市场监管局", UnitKind.BUREAU, None),
    ("U100", "青溪街道", UnitKind.STREET, None),
    ("U101", "白塔街道", UnitKind.STREET, None),
    ("U1001", "柳岸社区", UnitKind.COMMUNITY, "U100"),
    ("U1011", "塔影社区", UnitKind.COMMUNITY, "U101"),
)
LINES = (
    ("DL-0001", "010101", "U001", (), None),
    ("DL-0002", "010201", "U001", ("@street",), None),
    ("DL-0003", "020101", "@street", ("U002",), None),
    ("DL-0004", "020201", "U002", (), None),
    ("DL-0005", "030101", "@community", (), None),
    ("DL-0006", "040101", "U003", (), None),
    ("DL-0007", "020201", "U101", (), "U101"),
)
PLACES = (
    ("柳岸小区", PlaceKind.COMPOUND, "U100", "U1001", None, None),
    ("青溪路", PlaceKind.ROAD, "U100", "U1001", 1, 99),
    ("塔影路", PlaceKind.ROAD, "U101", "U1011", None, None),
    ("望塔花园", PlaceKind.COMPOUND, "U101", "U1011", None, None),
)


@pytest.fixture(scope="session")
def district() -> District:
    """The demo pack's workflow and clocks with a small taxonomy, directory and gazetteer of our own."""
    units = [Unit(code=code, name=name, kind=kind, parent=parent) for code, name, kind, parent in UNITS]
    categories = {}
    for code, (first, second, third, words, examples) in LEAVES.items():
        categories[code[:2]] = Category(code=code[:2], path=(first,))
        categories[code[:4]] = Category(code=code[:4], path=(first, second))
        categories[code] = Category(
            code=code, path=(first, second, third), keywords=tuple(words.split("|")), examples=examples
        )
    lines = [
        DirectoryLine(line=line, category=category, lead=lead, co_units=beside, area=area, clause=f"第{line[-1]}条")
        for line, category, lead, beside, area in LINES
    ]
    places = [
        Place(name=name, kind=kind, street=street, community=community, from_number=low, to_number=high)
        for name, kind, street, community, low, high in PLACES
    ]
    gas = UrgencyRule(
        name="gas", level="emergency", label="燃气泄漏", patterns=("燃气.{0,6}泄漏", "漏气"), advice="请拨打119"
    )
    return replace(
        load(Path(packs.__file__).parent / "demo"),
        units=Units(units),
        taxonomy=Taxonomy(categories.values()),
        directory=Directory(lines, version="1"),
        gazetteer=Gazetteer(places, units),
        request_types=(
            RequestType(name="投诉", cues=(Cue(pattern="没人管|扰民|太"),)),
            RequestType(name="咨询", cues=(Cue(pattern="请问|怎么办理"),)),
        ),
        urgency=UrgencyRules(rules=(gas,), negations=("没有",), past=("去年",)),
        examples=NONE,
    )


def written() -> list[Labelled]:
    """Texts of every category in several ways, half of them with a place."""
    where = ("", "青溪路", "望塔花园门口")
    return [
        Labelled(way.format(place + said), "", code)
        for code, (*_, sayings) in LEAVES.items()
        for said, way, place in product(sayings, WAYS, where)
    ]


@pytest.fixture(scope="session")
def word_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where jieba's compiled dictionary is kept from one training to the next."""
    return tmp_path_factory.mktemp("words")


@pytest.fixture(scope="session")
def model(district: District, word_cache: Path) -> Model:
    return training.train(district, written(), version="2026-01-01.1", cache=word_cache)


@pytest.fixture(scope="session")
def engine(district: District, model: Model) -> Engine:
    """An engine that trusts every category from one half on, so that what it decides rests on the other grounds."""
    thresholds = np.full(len(model.category.labels), 0.5)
    return Engine(district, replace(model, category=replace(model.category, thresholds=thresholds)))
