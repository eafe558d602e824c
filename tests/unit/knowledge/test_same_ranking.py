"""Whichever engine serves, people see nearly the same: compared on the demo's articles and invented questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import packs
from district.articles import load_articles
from district.pack import load
from knowledge.analysis import Analyzer
from knowledge.index import Document
from knowledge.local_index import LocalIndex
from knowledge.tantivy_index import TantivyIndex
from knowledge.whoosh_index import WhooshIndex

QUESTIONS = """\
路灯晚上不亮找哪个部门
楼下广场舞天天跳到十点多吵得睡不着
孩子明年上小学要准备什么材料
我妈八十二了能领高龄补贴不
新搬来的怎么办居住证
医保卡丢了去哪补
公积金贷款买房要什么条件
小区物业费涨了不合理能投诉吗
电动车在楼道里充电没人管
自来水发黄有味道
暖气不热室温才十四度
老板拖欠三个月工资找谁
快递驿站把我的件弄丢了
马路中间有个井盖塌下去了
门口垃圾好几天没人收
公交车司机不等人就关门
想申请廉租房要排多久
残疾证怎么办理流程
低保多少钱一个月，怎么申请
工地夜里施工噪音太大
楼上漏水把我家天花板泡了
树枝挡住了红绿灯
学校门口乱停车堵得厉害
狗没拴绳咬了人
开个小饭馆需要办哪些证
结婚登记要预约吗
户口迁到本市需要什么
失业金怎么领
退休金没到账
停水什么时候来
燃气灶打不着火 报修电话
小广告贴得满楼道都是
地铁站电梯坏了半个月
公园厕所没纸还脏
老房子能不能加装电梯
健身房跑路了卡里的钱怎么退
外卖吃出虫子
摊贩占道经营影响通行
网上买东西商家不发货
身份证到期了异地能换吗
""".splitlines()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, analyzer: Analyzer) -> Iterator[tuple[LocalIndex, LocalIndex]]:
    district = load(Path(packs.__file__).parent / "demo")
    found = load_articles(district.folder, categories=district.taxonomy, units=district.units)
    documents = [
        Document(
            id=each.id,
            title=each.question,
            body=f"{each.short_answer}\n{each.body}",
            questions=tuple(each.similar),
            keywords=tuple(each.keywords),
        )
        for each in found
    ]
    folder = tmp_path_factory.mktemp("both")
    whoosh, tantivy = WhooshIndex(folder / "w", analyzer=analyzer), TantivyIndex(folder / "t", analyzer=analyzer)
    for index in (whoosh, tantivy):
        index.rebuild(documents, cursor=1)
    yield whoosh, tantivy
    for index in (whoosh, tantivy):
        index.close()


def test_both_engines_give_nearly_the_same_ranking(both: tuple[LocalIndex, LocalIndex]) -> None:
    answers = [[[hit.id for hit in index.search(question)] for index in both] for question in QUESTIONS]
    overlaps = [len({*one} & {*other}) / max(len(one), len(other)) for one, other in answers]
    assert sum(overlaps) / len(QUESTIONS) >= 0.9
    assert sum(one[0] == other[0] for one, other in answers) / len(QUESTIONS) >= 0.9


def test_both_engines_ask_for_the_same_terms_with_the_same_rarities(both: tuple[LocalIndex, LocalIndex]) -> None:
    for asked in QUESTIONS:
        one, other = (index.question(asked) for index in both)
        assert [term.text for term in one.grams] == [term.text for term in other.grams]
        assert [term.idf for term in one.words] == pytest.approx([term.idf for term in other.words])


def test_first_scores_are_nearly_the_same(both: tuple[LocalIndex, LocalIndex]) -> None:
    """The second stage weighs them beside what it sees itself."""
    for asked in QUESTIONS:
        one, other = ({key: each.base for key, each in index.first_stage(index.question(asked))} for index in both)
        top = max(one.values())
        assert max(abs(one[key] - other[key]) for key in one.keys() & other.keys()) < 0.2 * top
