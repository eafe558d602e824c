"""Masked words keep their ends, hidden ones nothing; what is not personal stays readable."""

from __future__ import annotations

import pytest

from casework.privacy import Person, Sight, Veil, hide_text, mask_answer, mask_text, names_given, traces


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("电话13800004791。", "电话138****4791。"),
        ("电话138 0000 4791", "电话138****4791"),
        ("电话138-0000-4791", "电话138****4791"),
        ("打+8613800004791", "打+86138****4791"),
        ("电话１３８００００４７９１", "电话１３８****４７９１"),
        ("座机010-66004791", "座机010-****4791"),
        ("座机（010）66004791", "座机（010）****4791"),
        ("身份证110101199003070134", "身份证110101********0134"),
        ("信箱 zhao.lixin@home.example", "信箱 z***@home.example"),
        ("车牌京A7F85K", "车牌京A*****"),
        ("在39.91374,116.36528", "在39.9***,116.3***"),
        ("住3号楼1201室", "住**"),
    ],
)
def test_numbers_and_addresses_are_masked_in_every_way_people_write_them(written: str, masked: str) -> None:
    assert mask_text(written) == masked


@pytest.mark.parametrize(
    "place",
    [
        "柳浪街12号",
        "柳浪街12号楼下夜里烧烤",
        "书院街25号楼西侧",
        "锦绣大道120号楼顶的风机",
        "二号院7号楼电梯",
        "12号楼和13号楼",
        "3号楼-5号楼之间",
        "3号楼3天没水",
        "3号楼100多户",
        "3号楼东门",
    ],
)
def test_a_house_without_a_flat_is_a_place_in_the_street_and_stays(place: str) -> None:
    assert mask_text(place) == place
    assert list(traces(place)) == []


@pytest.mark.parametrize(
    ("door", "masked"),
    [
        ("6号楼101把承重墙砸了", "**把承重墙砸了"),
        ("4号楼 602装修", "**装修"),
        ("3号楼-2-501", "**"),
        ("3栋2单元1201号", "**"),
        ("3号楼二单元501室", "**"),
        ("3号楼B单元", "**"),
        ("3号楼5层", "**"),
        ("5号楼1单元楼道里", "**楼道里"),
        ("2单元301", "**"),
        ("1201室", "**"),
    ],
)
def test_the_way_from_a_house_to_a_flat_is_masked_house_and_all(door: str, masked: str) -> None:
    assert mask_text(door) == masked


def test_where_a_person_is_hidden_the_house_goes_too_for_who_is_reported_on_knows_his_neighbours() -> None:
    assert hide_text("我住柳浪街12号楼，三楼") == "我住柳浪街**，三楼"
    assert hide_text("6号楼101") == "**"


@pytest.mark.parametrize(
    "plain",
    [
        "工单编号 20260324-0012，办件 C20260324-0003",
        "2026年3月24日 09:30 来电，共 3500 元",
        "请拨打 12345 或 110",
        "我是周边居民，高层住户反映王家胡同的路灯不亮",
        "本人是白云路小学的家长",
        "安全通道堵了\n方便的话请回复",
        "路灯\n光明路\n路灯坏了，谢谢",
        "请尽快处理，谢谢\n谢谢",
        "希望解决。方便",
    ],
)
def test_what_is_not_personal_stays_as_it_is_even_where_all_is_hidden(plain: str) -> None:
    assert mask_text(plain) == plain
    assert hide_text(plain) == plain
    assert names_given(plain) == frozenset()


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("我叫王小明，电话不便", {"王小明"}),
        ("您好！我是李力。家住光明路", {"李力"}),
        ("联系人：赵立新电话在下面", {"赵立新"}),
        ("举报人 欧阳，要求保密", {"欧阳"}),
        ("盼复。\n王小明 敬上", {"王小明"}),
        ("此致\n敬礼\n  王小明", {"王小明"}),
        ("此致\n敬礼！\n王小明", {"王小明"}),
        ("麻烦处理，谢谢！\n\n赵立新\n2026年3月24日", {"赵立新"}),
        ("路灯不亮。——李力", {"李力"}),
    ],
)
def test_names_are_known_by_how_people_give_and_sign_them(written: str, names: set[str]) -> None:
    assert names_given(written) == names


def test_a_hidden_person_is_found_again_however_he_is_called() -> None:
    person = Person(frozenset({"王小明"}), frozenset({"wang.xiaoming@home.example", "ABCD-2345-EFGH"}))
    veil = Veil(Sight.HIDDEN, hidden=[person])
    said = veil.text(
        "王小明反映你单位；王 小 明说；王先生来电；WANG.XIAOMING@home.example；查询码 ABCD-2345-EFGH；微信号 xm_1990"
    )
    assert said == "**反映你单位；**说；**来电；**；查询码 **；微信号 **"


def test_masking_leaves_the_surname_and_the_ends() -> None:
    person = Person(frozenset({"王小明"}), frozenset({"13800004791"}))
    assert Veil(Sight.MASKED, masked=[person]).text("王小明，13800004791") == "王**，138****4791"


def test_a_door_is_gone_however_it_is_written() -> None:
    person = Person(doors=frozenset({"3-2-501"}))
    assert Veil(Sight.MASKED, masked=[person]).text("枫桥家园3-2-501漏水") == "枫桥家园**漏水"
    assert Veil(Sight.OPEN).text("枫桥家园3-2-501漏水") == "枫桥家园3-2-501漏水"


def test_an_open_ticket_does_not_betray_the_hidden_reporter_beside_it() -> None:
    hidden = Person(frozenset({"王小明"}))
    veil = Veil(Sight.OPEN, hidden=[hidden])
    assert veil.text("我叫赵立新，13700002468，和王小明住一层") == "我叫赵立新，13700002468，和**住一层"


def test_a_text_of_a_megabyte_is_veiled_in_a_moment() -> None:
    import time

    person = Person(frozenset({"王小明"}), frozenset({"13800004791"}))
    veil = Veil(Sight.HIDDEN, hidden=[person])
    for text in (
        "王 " * 300_000,
        "1" * 600_000,
        "a." * 300_000,
        "1-" * 300_000,
        "　\n" * 300_000,
        "12号楼" + " " * 600_000,
        "12号楼" * 200_000,
        "12号楼-3" * 100_000,
        "我叫" + " " * 600_000,
        ".a" * 300_000,
    ):
        start = time.perf_counter()
        veil.text(text)
        assert time.perf_counter() - start < 5


def test_an_answer_keeps_the_landline_to_call_and_the_door_to_go_to() -> None:
    offices = "请拨打010-66004791，或到服务中心2号楼301室办理"
    assert mask_answer(offices) == offices
    assert mask_answer("经办人手机13800004791") == "经办人手机138****4791"


def test_an_answer_shows_nothing_of_the_people_it_is_for() -> None:
    people = [
        Person(frozenset({"王小明"}), frozenset({"010-66004791"}), frozenset({"3号楼1201室"})),
        Person(frozenset({"赵立新"}), frozenset({"13800004791"})),
    ]
    written = "王小明您好，赵立新先生同样反映。已到3号楼1201室查看，并电010-66004791；咨询请拨010-66005555"
    read = Veil.of_answer(people).text(written)
    assert read == "王**您好，赵**先生同样反映。已到**查看，并电010-****4791；咨询请拨010-66005555"
