"""What speaks for a look by a person, the weightiest first, in words a dispatcher can act on."""

from __future__ import annotations

from dataclasses import replace

from triage.assessment import CategoryGuess, Matter, SimilarCase, UnitGuess, Urgency
from triage.decision import Ground, decide

BEST = CategoryGuess("010101", ("市政", "路灯", "路灯不亮"), 0.967)
OTHER = CategoryGuess("040101", ("市场", "消费", "退款纠纷"), 0.9)
SURE = Ground(
    understood=True,
    foreign=False,
    best=BEST,
    threshold=0.9,
    urgency=Urgency("normal"),
    matters=(Matter(0, 9, BEST),),
    units=(UnitGuess("U001", "区城市管理委", 0.97, "DL-0001", "第1条"),),
    missing=(),
    similar=(SimilarCase("c1", 0.3, same_matter=False),),
)


def test_without_any_doubt_it_goes_out_and_cites_the_line() -> None:
    assert decide(SURE) == ("auto", "把握 96%，按派单目录 DL-0001 由区城市管理委承办")


def test_every_doubt_asks_for_a_person_and_says_which() -> None:
    doubts = {
        "突发": replace(SURE, urgency=Urgency("emergency", ("燃气泄漏：漏气",), "")),
        "没有可供研判的内容": replace(SURE, understood=False),
        "不像要办理的诉求": replace(SURE, foreign=True),
        "2 件事项": replace(SURE, matters=(Matter(0, 9, BEST), Matter(9, 20, OTHER))),
        "拿不准": replace(SURE, best=replace(BEST, probability=0.12), threshold=0.0),
        "具体位置": replace(SURE, missing=("place",)),
        "哪一家、哪一路": replace(SURE, missing=("object",)),
        "承办单位": replace(SURE, units=()),
        "类似办件多由区住建委办理": replace(SURE, units=(UnitGuess("U002", "区住建委", 0.6, basis="history"),)),
        "类似办件被退回后由区住建委办理": replace(SURE, units=(UnitGuess("U002", "区住建委", 0.6, basis="returns"),)),
        "退回过 2 件": replace(SURE, units=(replace(SURE.units[0], returns=("c1", "c2")),)),
        "未达到自动派单的标准": replace(SURE, threshold=0.97),
        "并单": replace(SURE, similar=(SimilarCase("c1", 0.9, same_matter=True),)),
    }
    for said, ground in doubts.items():
        decision, why = decide(ground)
        assert decision == "review"
        assert said in why


def test_an_emergency_is_named_before_any_other_doubt() -> None:
    ground = replace(SURE, urgency=Urgency("emergency", ("火情：着火",), ""), missing=("place",), units=())
    assert decide(ground)[1] == "疑似突发情形（火情：着火），请立即人工核实处置"


def test_confidence_is_rounded_down() -> None:
    assert "99%" in decide(replace(SURE, best=replace(BEST, probability=0.9999)))[1]
