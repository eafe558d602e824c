"""Questions without a good article: grouped, named, counted, with a first draft."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from knowledge import gaps
from knowledge.analysis import Analyzer
from knowledge.gaps import Asked, Gap

START = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
DOGS = ("养狗证在哪儿办", "狗证怎么办理，要带狗去吗", "办养狗证多少钱")
POOLS = ("游泳馆几点开门", "游泳馆票价多少")


def asked(texts: tuple[str, ...], *, reply: str = "", best: str = "", probability: float = 0.0) -> list[Asked]:
    """A day apart, by chat and telephone in turn."""
    return [
        Asked(text, START + timedelta(days=3 * at), ("wechat", "hotline")[at % 2], best, probability, reply=reply)
        for at, text in enumerate(texts)
    ]


def found(questions: list[Asked], analyzer: Analyzer) -> list[Gap]:
    return gaps.without_article(questions, lambda text: analyzer.terms(text).words)


def test_questions_about_one_thing_are_one_gap_the_most_asked_first(analyzer: Analyzer) -> None:
    (dogs, pools) = found([*asked(POOLS), *asked(DOGS)], analyzer)
    assert (dogs.count, pools.count) == (3, 2)
    assert set(dogs.examples) == set(DOGS)


def test_a_gap_is_named_by_its_own_words(analyzer: Analyzer) -> None:
    (dogs, pools) = found([*asked(DOGS), *asked(POOLS)], analyzer)
    assert "狗" in dogs.name
    assert "游泳馆" in pools.name


def test_a_gap_is_called_by_the_whole_of_what_its_questions_share(analyzer: Analyzer) -> None:
    (cars,) = found(asked(("新能源车充电桩补贴怎么领", "买新能源车充电桩补贴多少")), analyzer)
    assert "新能源车" in cars.name.split()[0]
    assert cars.topic in cars.name


def test_what_one_asks_again_and_again_is_counted_and_hides_no_word_of_others(analyzer: Analyzer) -> None:
    """24 of 27 questions are about dogs: of all that is asked in other words, three in five."""
    dogs, pools = found([*asked(DOGS * 8), *asked(POOLS), *asked(("图书馆借书证押金",))], analyzer)[:2]
    assert (dogs.count, pools.count) == (24, 2)
    assert len(dogs.examples) == 3
    assert sum(count for _, _, count in dogs.days) == 24


def test_of_a_long_letter_the_beginning_says_what_it_is_about(analyzer: Analyzer) -> None:
    letter = "养狗证怎么办" + "，另有一事" * 100 + "游泳馆几点开门"
    gaps_found = found([*asked(POOLS), *asked((letter,))], analyzer)
    assert sorted(gap.count for gap in gaps_found) == [1, 2]


def test_a_gap_is_counted_by_week_and_channel(analyzer: Analyzer) -> None:
    (dogs,) = found(asked(DOGS), analyzer)
    assert dogs.weeks == {"2026-W48": 3}
    later = [Asked(DOGS[0], START + timedelta(days=7), "web"), *asked(DOGS)]
    (dogs,) = found(later, analyzer)
    assert dogs.weeks == {"2026-W48": 3, "2026-W49": 1}
    assert dogs.channels == {"wechat": 2, "hotline": 1, "web": 1}


def test_a_week_at_new_year_belongs_to_the_year_it_is_counted_in(analyzer: Analyzer) -> None:
    (gap,) = found([Asked(DOGS[0], datetime(2027, 1, 1, tzinfo=START.tzinfo), "web")], analyzer)
    assert gap.weeks == {"2026-W53": 1}


def test_what_a_good_article_was_found_for_or_used_with_is_no_gap(analyzer: Analyzer) -> None:
    sure = asked(DOGS, best="KB-0001", probability=gaps.GOOD)
    used = [Asked(text, START, "web", "KB-0001", 0.1, used=True) for text in POOLS]
    assert found([*sure, *used], analyzer) == []


def test_the_article_that_nearly_fits_is_named(analyzer: Analyzer) -> None:
    (gap,) = found(asked(DOGS, best="KB-0007", probability=0.2), analyzer)
    assert gap.near == "KB-0007"


def test_the_draft_is_the_reply_most_like_the_others_as_it_was_written(analyzer: Analyzer) -> None:
    replies = ("请带疫苗本到派出所办理养犬登记，每年500元。", "带疫苗本到派出所办理养犬登记，每年500元。", "不知道。")
    questions = [
        Asked(text, START + timedelta(days=at), "web", reply=reply)
        for at, (text, reply) in enumerate(zip(DOGS, replies, strict=True))
    ]
    (gap,) = found(questions, analyzer)
    assert gap.draft in replies[:2]
    assert gap.replies == 3


def test_without_replies_there_is_no_draft(analyzer: Analyzer) -> None:
    (gap,) = found(asked(DOGS), analyzer)
    assert (gap.draft, gap.replies) == ("", 0)


def test_chatter_without_a_telling_word_is_no_gap(analyzer: Analyzer) -> None:
    assert found(asked(("你好", "?", "", "谢谢", "怎么办", "好")), analyzer) == []


def test_a_word_that_everybody_says_does_not_join_what_is_asked(analyzer: Analyzer) -> None:
    things = ("狗证", "游泳馆", "图书馆", "驾照", "护照", "彩票", "宽带", "快递", "签证", "发票", "公墓", "疫苗")
    many = tuple(f"玉泉 {thing} {time}" for time in ("周末", "平时") for thing in things)
    assert max(gap.count for gap in found(asked(many), analyzer)) == 2


def test_nothing_asked_is_no_gap(analyzer: Analyzer) -> None:
    assert found([], analyzer) == []


def test_articles_that_served_nobody_are_unused() -> None:
    questions = [
        Asked("甲", START, "web", "KB-1", 0.9),
        Asked("乙", START, "web", "KB-2", 0.1),
        Asked("丙", START, "web", "KB-3", 0.1, used=True),
    ]
    assert gaps.unused(["KB-1", "KB-2", "KB-3", "KB-4"], questions) == ["KB-2", "KB-4"]
