"""What is personal never outlives the matter: queries and replies before they are kept."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from api import nameless
from knowledge.analysis import Analyzer

TOPICS = ("低保怎么申请", "路灯不亮", "居住证", "养狗证办理", "噪音扰民")
FAMILIES, GIVEN = (
    "王李张刘陈杨赵吴周徐孙朱胡郭林罗郑梁谢宋唐许韩冯邓曹",
    "伟芳敏静丽强军勇杰涛明超秀霞刚桂英华玉兰建文宇浩然轩涵欣怡",
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
WIDE = str.maketrans(DIGITS, "０１２３４５６７８９")

Cut = Callable[[str], Iterable[str]]


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    analyzer = Analyzer(Path(tmp_path_factory.mktemp("words")))
    return lambda text: analyzer.terms(text).words


def figures(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(DIGITS, k=count))


def parted(chance: random.Random, number: str) -> str:
    """The number as people write it: in groups, with signs between, in wide figures."""
    sign = chance.choice(("", "", " ", "-", ".", "－", "　", "·"))
    groups = re.findall(".{1,4}", number) if sign else [number]
    written = sign.join(groups)
    return written.translate(WIDE) if chance.random() < 0.2 else written


def invented(chance: random.Random) -> Iterator[str]:
    """Telephones, identity numbers, plates, tickets, passports and mail addresses."""
    yield parted(chance, f"1{chance.choice('3456789')}{figures(chance, 9)}")
    yield f"0{figures(chance, 3)}-{figures(chance, 8)}"
    yield parted(chance, f"{figures(chance, 6)}19{figures(chance, 9)}{chance.choice('0123456789X')}")
    yield f"{chance.choice(PROVINCES)}{chance.choice(LETTERS)}{chance.choice(('', '·', ' '))}{figures(chance, 5)}"
    yield f"{chance.choice(PROVINCES)}{chance.choice(LETTERS)}{chance.choice('DF')}{figures(chance, 5)}"
    yield f"202{figures(chance, 5)}-{figures(chance, 4)}"
    yield f"{chance.choice('EGH')}{figures(chance, 8)}"
    yield f"{chance.choice(LETTERS).lower()}{figures(chance, 6)}@example.com"


def runs_of(text: str) -> list[str]:
    """The figures in a text, whatever stands between them."""
    return re.findall(
        r"\d{5,}",
        re.sub(
            r"[\s.·－-]", "", text.translate({ord(w): d for w, d in zip("０１２３４５６７８９", DIGITS, strict=True)})
        ),
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_number_of_a_person_is_left_in_a_query(cut: Cut, seed: int) -> None:
    chance = random.Random(seed)
    for number in invented(chance):
        topic = chance.choice(TOPICS)
        for query in (f"{number} {topic}", f"{topic}{number}", f"{topic}，{number}，谢谢"):
            left = nameless.query(query, cut)
            assert not runs_of(left), (query, left)
            assert topic[:2] in left, (query, left)


@pytest.mark.parametrize("seed", range(40))
def test_a_query_that_is_only_a_number_leaves_nothing(cut: Cut, seed: int) -> None:
    chance = random.Random(seed)
    for number in invented(chance):
        for query in (number, f" {number}。", f"工单{number}", f"电话：{number}"):
            assert nameless.query(query, cut) == "", query


def test_few_invented_names_are_left_however_they_are_put(cut: Cut) -> None:
    """Without anything that introduces them: one in fifty may pass for a word of the dictionary."""
    chance = random.Random(3)
    forms = ("{} 低保", "低保 {}", "{}的高龄津贴", "查{}社保", "我叫{}想问低保", "{}先生的低保")
    names = ["".join((chance.choice(FAMILIES), *chance.sample(GIVEN, chance.choice((1, 2))))) for _ in range(100)]
    queries = [(name, form.format(name)) for name in names for form in forms]
    left = [query for name, query in queries if name in nameless.query(query, cut)]
    assert len(left) <= len(queries) / 50, left


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("玉泉大街30号停水", "玉泉大街**停水"),
        ("幸福路12-3号院3号楼2单元501室暖气不热", "幸福路**暖气不热"),
        ("三号楼二单元漏水", "**漏水"),
        ("欧阳建国低保", "**低保"),
        ("5月3号放假吗", "5月3号放假吗"),
        ("地铁2号线几点停运", "地铁2号线几点停运"),
        ("国发〔2020〕5号", "国发〔2020〕5号"),
        ("12345怎么投诉", "12345怎么投诉"),
        ("2026年低保标准", "2026年低保标准"),
        ("iPhone15以旧换新", "iphone15以旧换新"),
        ("公积金 -贷款", "公积金 -贷款"),
        ("幺三八零零一三八零零零零 低保", "** 低保"),
        ("低保\0怎么\u200b办\ud800", "低保 怎么 办"),
    ],
)
def test_houses_go_and_what_only_looks_like_one_stays(cut: Cut, query: str, left: str) -> None:
    assert nameless.query(query, cut) == left


def test_the_demos_questions_hardly_change(cut: Cut) -> None:
    import packs

    files = (Path(packs.__file__).parent / "demo" / "articles").glob("*.md")
    titles = [line for file in files for line in re.findall(r"^question: (.+)$", file.read_text("utf-8"), re.MULTILINE)]
    assert len(titles) > 100
    changed = [title for title in titles if "**" in nameless.query(title, cut)]
    assert len(changed) <= len(titles) / 50, changed


def test_a_query_is_cut_to_a_hundred_characters_after_what_is_personal_went(cut: Cut) -> None:
    query = "低" * 95 + "13800138000" + "保" * 40_000
    left = nameless.query(query, cut)
    assert len(left) == 100
    assert "138" not in left


def test_a_reply_keeps_its_lines_and_loses_whom_it_was_for(cut: Cut) -> None:
    reply = "张女士您好：\n您反映的玉泉大街30号路灯已修好，可用APP查询。\n经办人李秀英，电话0999-5550-1035"
    left = nameless.nameless(reply, cut)
    assert left.splitlines()[1] == "您反映的玉泉大街**路灯已修好,可用APP查询。"
    for gone in ("张女士", "李秀英", "0999", "1035"):
        assert gone not in left
