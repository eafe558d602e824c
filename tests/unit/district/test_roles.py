"""Where the matter lies when a text names several places: home, office, what stands beside, elsewhere, crossings."""

from __future__ import annotations

import pytest

from district.gazetteer import Gazetteer
from district.roles import Role
from district.schemas import Place, PlaceKind, Unit, UnitKind


def place(name: str, kind: PlaceKind, spot: str, low: int | None = None, high: int | None = None) -> Place:
    street, _, community = spot.partition("/")
    return Place(name=name, kind=kind, street=street, community=community or None, from_number=low, to_number=high)


PLACES = (
    place("青溪街道", PlaceKind.STREET, "U100"),
    place("白塔街道", PlaceKind.STREET, "U101"),
    place("柳岸社区", PlaceKind.COMMUNITY, "U100/U1001"),
    place("塔影社区", PlaceKind.COMMUNITY, "U101/U1011"),
    place("青溪路", PlaceKind.ROAD, "U100/U1001", 1, 50),
    place("青溪路", PlaceKind.ROAD, "U100/U1002", 51, 99),
    place("磨坊街", PlaceKind.ROAD, "U100/U1002"),
    place("渡口街", PlaceKind.ROAD, "U100/U1003"),
    place("塔影路", PlaceKind.ROAD, "U101/U1011"),
    place("柳岸花园", PlaceKind.COMPOUND, "U100/U1001"),
    place("望塔家园", PlaceKind.COMPOUND, "U101/U1012"),
    place("白塔医院", PlaceKind.LANDMARK, "U101/U1011"),
)
UNITS = (Unit(code="U100", name="青溪街道", kind=UnitKind.STREET),)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(PLACES, UNITS, ("样区", "样市"))


def located(gazetteer: Gazetteer, text: str) -> tuple[str | None, str | None]:
    found = gazetteer.locate(text)
    return found.street, found.community


@pytest.mark.parametrize(
    "text",
    [
        "我家住柳岸花园，每天走塔影路去上班，塔影路上的井盖松了",
        "塔影路的路灯全灭了，我住在柳岸花园，晚上不敢出门",
        "作为柳岸花园的业主，我想说说塔影路乱停车",
        "去青溪街道办问过，说不归他们管，塔影路还是没人扫",
        "青溪街道答复说已经转走了，可塔影路照样堵",
        "柳岸社区居委会让我找你们，塔影路的树倒了",
        "上回说的柳岸花园的水管早就修好了，这次是塔影路",
        "不是青溪路，是塔影路的护栏断了",
        "人家柳岸花园都装了充电桩，塔影路这边怎么没有",
        "像柳岸花园那样在塔影路设个菜站行不行",
        "我从柳岸花园搬到塔影路之后天天听见打桩",
        "离柳岸花园三百米的塔影路上有人烧垃圾",
        "柳岸花园对面的塔影路堆满了渣土",
    ],
)
def test_the_place_of_the_matter_goes_before_every_other(gazetteer: Gazetteer, text: str) -> None:
    assert located(gazetteer, text) == ("U101", "U1011")


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("我家住柳岸花园，楼上漏水", ("U100", "U1001")),
        ("我在白塔医院上班，单位门口乱停车", ("U101", "U1011")),
        ("白塔医院斜对过的小饭馆油烟大", ("U101", "U1011")),
        ("青溪街道办的工作人员态度恶劣", ("U100", None)),
        ("柳岸社区居委会门口的路灯不亮", ("U100", "U1001")),
    ],
)
def test_a_lesser_part_counts_where_no_greater_one_is_told(
    gazetteer: Gazetteer, text: str, spot: tuple[str, str | None]
) -> None:
    assert located(gazetteer, text) == spot


@pytest.mark.parametrize(
    "text",
    [
        "什么时候能像柳岸花园那样加装电梯",
        "不是柳岸花园",
        "邻区柳岸花园停水了",
        "外省东山县青溪路",
        "柳岸花园和望塔家园都停水了",
        "从柳岸花园到望塔家园的公交太少",
    ],
)
def test_what_lies_elsewhere_or_in_two_streets_leaves_the_place_open(gazetteer: Gazetteer, text: str) -> None:
    assert located(gazetteer, text) == (None, None)


def test_the_own_district_before_a_name_is_no_other(gazetteer: Gazetteer) -> None:
    assert located(gazetteer, "样市样区柳岸花园停水") == ("U100", "U1001")
    assert located(gazetteer, "咱们小区柳岸花园停水") == ("U100", "U1001")


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("青溪路和磨坊街交叉口红绿灯坏了", ("U100", "U1002")),
        ("磨坊街与渡口街路口太堵", ("U100", None)),
        ("青溪路、塔影路十字路口有人摆摊", (None, None)),
        ("柳岸花园与渡口街之间的小路没灯", ("U100", None)),
    ],
)
def test_a_crossing_lies_in_what_both_roads_share(
    gazetteer: Gazetteer, text: str, spot: tuple[str | None, str | None]
) -> None:
    assert located(gazetteer, text) == spot


@pytest.mark.parametrize(
    "text",
    ["离白塔医院两百米有个大坑", "白塔医院往东一百来米路塌了", "从白塔医院东门往北走三百米", "白塔医院附近有人烧垃圾"],
)
def test_some_way_from_a_place_only_the_street_is_known(gazetteer: Gazetteer, text: str) -> None:
    assert located(gazetteer, text) == ("U101", None)


def test_where_another_lives_goes_before_where_the_writer_does(gazetteer: Gazetteer) -> None:
    assert located(gazetteer, "我是柳岸花园的业主，我妈住望塔家园，她那儿停气了") == ("U101", "U1012")


def test_the_street_of_most_places_leads(gazetteer: Gazetteer) -> None:
    assert located(gazetteer, "塔影路修路。绕到青溪路，堵；绕到磨坊街，还是堵；渡口街也封了")[0] == "U100"


def test_the_parts_of_one_address_play_one_part(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("我家住青溪街道柳岸花园，反映塔影路")
    assert [match.role for match in found] == [Role.HOME, Role.HOME, Role.MATTER]
