"""The grammar of the sample appeals: what it makes is worded sensibly, and labelled as it reads."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from packs.demo.samples import generate
from packs.demo.samples.categories import kind_of
from packs.demo.samples.generate import Grammar, choose_type, groups, short_name
from packs.demo.samples.voices import exchange, mend, pairs, speak


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return generate.load()


@pytest.mark.parametrize(
    ("example", "kind"),
    [
        ("垃圾三天没人拉了全溢出来", "statement"),
        ("垃圾车好几天没来收了", "statement"),
        ("公积金几天能到账", "question"),
        ("身份证丢了急着坐火车怎么办", "question"),
        ("人防车位物业凭啥往外卖", "statement"),
        ("想请家庭医生上门换尿管", "wish"),
        ("想问问离婚官司怎么打", "question"),
        ("建议恢复原来的老地名", "建议"),
        ("昨天反映的坑今早就补平了效率真高", "表扬"),
        ("对面店花钱刷了几千条好评", "statement"),
        ("举报黑网吧藏在二楼没牌子", "举报"),
    ],
)
def test_an_example_is_known_by_how_it_speaks(example: str, kind: str) -> None:
    assert kind_of(example) == kind


def test_every_category_has_its_appeals_and_no_text_comes_twice_in_one(grammar: Grammar) -> None:
    per_category = grammar.rules["per_category"]
    for node in grammar.nodes[::25]:
        made = [row["text"] for row in generate.appeals(grammar, [node])]
        assert len(made) == len(set(made)) == per_category


def test_a_category_by_itself_gives_what_it_gives_among_all(grammar: Grammar) -> None:
    node = grammar.nodes[100]
    whole = [row for row in generate.appeals(grammar) if row["category"] == node.code]
    assert list(generate.appeals(grammar, [node])) == whole


def test_every_type_drawn_has_frames_to_word_it(grammar: Grammar) -> None:
    rng = random.Random(1)
    for node in grammar.nodes:
        for _ in range(8):
            assert groups(grammar, node, choose_type(rng, grammar, node))


def test_nobody_praises_a_swindle_or_reports_a_compliment(grammar: Grammar) -> None:
    rng = random.Random(2)
    types = {node.code: Counter(choose_type(rng, grammar, node) for _ in range(40)) for node in grammar.nodes}
    assert all(not counts["表扬"] for code, counts in types.items() if code.startswith(("0203", "1702")))
    assert all(not counts["举报"] + counts["投诉"] for code, counts in types.items() if code.startswith("1802"))


def test_praise_carries_no_anger_and_complaints_no_cheer(grammar: Grammar) -> None:
    for row in generate.appeals(grammar, grammar.nodes[::7]):
        if row["request_type"] == "表扬":
            assert not re.search("😡|😤|要求整改|太气人了|一肚子火|受不了", row["text"]), row
        if row["request_type"] == "投诉":
            assert not re.search("👍|点个大大的赞|锦旗", row["text"]), row


def test_no_mark_or_empty_slot_is_left_in_a_text(grammar: Grammar) -> None:
    for row in generate.appeals(grammar, grammar.nodes[::5]):
        assert not re.search(r"[\0-\x08{}]|，，|，。|^[，。！]", row["text"]), row


def test_a_name_of_two_halves_is_spoken_by_one(grammar: Grammar) -> None:
    node = next(node for node in grammar.nodes if node.name == "电动车与头盔质量")
    rng = random.Random(3)
    assert {short_name(rng, node) for _ in range(20)} == {"电动车", "头盔质量"}


def test_longer_words_are_exchanged_before_shorter() -> None:
    words = pairs("没人=无人\n没人管=没人过问")
    assert [word for word, _ in words] == ["没人管", "没人"]
    assert exchange(random.Random(1), "垃圾没人管", words[:1], 1) == "垃圾没人过问"


def test_punctuation_of_empty_slots_is_mended() -> None:
    assert mend("，您好，，垃圾满了，。！") == "您好，垃圾满了。"
    assert mend("投诉：。气味大：") == "投诉。气味大"


def test_speech_recognition_has_hardly_any_punctuation(grammar: Grammar) -> None:
    rng = random.Random(4)
    said = [speak(rng, "spoken", "楼上漏水，找过物业，没人管。", grammar.fragments) for _ in range(30)]
    assert not any(re.search("[。！？]", text) for text in said)


def test_an_unknown_voice_speaks_plainly(grammar: Grammar) -> None:
    assert "楼上漏水" in speak(random.Random(5), "robot", "楼上漏水", grammar.fragments)
