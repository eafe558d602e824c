"""When a new model may take an older one's place."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from triage import promotion
from triage.examples import Labelled

TEXTS = [f"t{number}" for number in range(100)]
TRUTH = dict.fromkeys(TEXTS, "010101")


def answers(wrong: int, start: int = 0) -> dict[str, str]:
    return {text: "020202" if start <= at < start + wrong else "010101" for at, text in enumerate(TEXTS)}


def test_a_model_as_good_is_no_worse() -> None:
    assert not promotion.compare(TRUTH, answers(10), answers(10)).worse
    assert not promotion.compare(TRUTH, answers(10), answers(10, start=50)).worse
    assert not promotion.compare(TRUTH, answers(10), answers(0)).worse


def test_a_model_that_loses_more_than_chance_explains_is_worse() -> None:
    verdict = promotion.compare(TRUTH, answers(0), answers(12))
    assert verdict.worse
    assert (verdict.before, verdict.now, verdict.losses[0].category) == (100, 88, "")


def test_a_category_that_is_lost_speaks_even_where_others_gain() -> None:
    truth = {text: "010101" if at < 10 else "020202" for at, text in enumerate(TEXTS)}
    before = {text: "010101" if at < 60 else "020202" for at, text in enumerate(TEXTS)}
    verdict = promotion.compare(truth, before, dict.fromkeys(TEXTS, "020202"))
    assert verdict.now > verdict.before
    assert [loss.category for loss in verdict.losses] == ["010101"]


def test_few_texts_refuse_nothing() -> None:
    few = dict(list(TRUTH.items())[:3])
    assert not promotion.compare(few, answers(0), answers(3)).worse


@pytest.mark.parametrize(("lost", "won", "chance"), [(0, 0, 1.0), (1, 0, 0.5), (7, 0, 1 / 128), (2, 1, 0.5)])
def test_the_sign_test_is_exact(lost: int, won: int, chance: float) -> None:
    assert promotion.sign_test(lost, won) == pytest.approx(chance)


def test_what_is_held_back_depends_on_the_texts_alone_and_copies_stay_together() -> None:
    rows = [
        Labelled(f"{street}路{number}号楼下的{thing}坏了很久没人修", "", "010101")
        for street in ("东风", "建设", "和平")
        for number in range(20)
        for thing in ("路灯", "垃圾桶", "健身器材")
    ]
    held = dict(zip((row.text for row in rows), promotion.held_back(rows), strict=True))
    mixed = rows.copy()
    random.Random(1).shuffle(mixed)
    assert held == dict(zip((row.text for row in mixed), promotion.held_back(mixed), strict=True))
    twins = [rows[0], Labelled(rows[0].text + "！", "", "010101")]
    assert len({bool(each) for each in promotion.held_back(twins)}) == 1


def test_made_texts_are_never_held_back_and_kept_ones_always() -> None:
    rows = [Labelled(f"第{number}条", "", "010101", use=use) for number in range(30) for use in ("made", "kept")]
    assert [bool(each) for each in promotion.held_back(rows)] == [row.use == "kept" for row in rows]


def test_a_file_on_trial_judges_nothing_but_copies_of_what_judges_are_held_back_with_it() -> None:
    kept = Labelled("东风路三号楼下的路灯坏了很久没人修", "", "010101", use="kept")
    copy, others = (
        replace(kept, use="both", text=kept.text + "！"),
        [
            Labelled(f"{thing}的事情第{number}次反映", "", "010101")
            for number in range(9)
            for thing in ("停车", "噪声", "漏水")
        ],
    )
    rows = [kept, copy, *others]
    held = promotion.held_back(rows, {promotion.digest(row) for row in (copy, *others)})
    assert [bool(each) for each in held] == [True, True, *[False] * len(others)]


def test_the_fingerprint_does_not_depend_on_the_order_but_on_every_label() -> None:
    one, other = Labelled("路灯", "", "010101"), Labelled("垃圾", "", "020202")
    assert promotion.fingerprint([one, other]) == promotion.fingerprint([other, one])
    assert promotion.fingerprint([one]) != promotion.fingerprint([Labelled("路灯", "", "010102")])
