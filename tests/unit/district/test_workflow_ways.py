"""Ways through a workflow: states that lead to no end, clocks that are paused or extended where they never run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from district import ways
from district.checks import check
from district.errors import PackError
from district.pack import District, load

Edit = Callable[[str, str, str], int]
TWO_STATES = "    parked: 搁置\n    shelved: 束之高阁\n"
ROUND = """    - {name: park, label: 搁置, from: [in_progress], to: parked, roles: [unit_lead], stops: [answer]}
    - {name: shelve, label: 束之高阁, from: [parked], to: shelved, roles: [unit_lead]}
    - {name: unshelve, label: 取下, from: [shelved], to: parked, roles: [unit_lead]}
    - name: rework
"""


def found(copy: Path) -> set[tuple[str, int, str]]:
    return {(each.file, each.line, each.message) for each in check(copy).problems}


def test_states_that_lead_round_and_round_but_to_no_end_are_refused(copy: Path, edit: Edit) -> None:
    line = edit("workflow.yaml", "    answered: 已答复\n", f"{TWO_STATES}    answered: 已答复\n")
    edit("workflow.yaml", "    - name: rework\n", ROUND)
    assert found(copy) == {
        ("workflow.yaml", line, "办件状态“parked”(搁置)离开后也到不了任何终止状态"),
        ("workflow.yaml", line + 1, "办件状态“shelved”(束之高阁)离开后也到不了任何终止状态"),
    }
    with pytest.raises(PackError, match="到不了任何终止状态"):
        load(copy)


def test_states_that_lead_round_and_then_to_an_end_are_sound(copy: Path, edit: Edit) -> None:
    edit("workflow.yaml", "    answered: 已答复\n", f"{TWO_STATES}    answered: 已答复\n")
    edit("workflow.yaml", "    - name: rework\n", ROUND)
    edit("workflow.yaml", "from: [open, in_progress, answered]", "from: [open, in_progress, answered, shelved]")
    assert found(copy) == set()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    states: [in_progress]\n    extends: answer",
            "    states: [open]\n    extends: answer",
            "申请“extension”延长时限“answer”，它在可提出的状态里从来不走",
        ),
        (
            "    states: [in_progress]\n    extends: answer",
            "    states: [in_progress]\n    pauses: [dispatch]",
            "申请“extension”暂停时限“dispatch”，它在可提出的状态里从来不走",
        ),
        (
            "      from: [answered]\n      to: in_progress\n",
            "      from: [answered]\n      to: in_progress\n      pauses: [answer]\n      resumes: [answer]\n",
            "流转“rework”暂停时限“answer”，它在出发状态里从来不走",
        ),
    ],
)
def test_a_clock_that_never_runs_where_it_is_paused_or_extended_is_refused(
    copy: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    changed = edit("workflow.yaml", old, new)
    (problem,) = check(copy).problems
    assert problem.message == message
    assert problem.file == "workflow.yaml"
    assert changed < problem.line <= changed + new.count("\n")


def test_a_clock_that_runs_in_one_of_the_states_may_be_paused(copy: Path, edit: Edit) -> None:
    edit(
        "workflow.yaml",
        "    states: [in_progress]\n    extends: answer",
        "    states: [open, in_progress]\n    pauses: [answer]",
    )
    assert found(copy) == set()


def test_a_clock_outlasts_a_life_where_a_way_to_the_end_does_not_stop_it(smallest: District) -> None:
    life = smallest.workflow.case
    assert not ways.may_outlast(life, "in_progress", "answer")
    assert ways.may_outlast(life, "in_progress", "callback")
    close = life.transitions[-1].model_copy(update={"stops": ("dispatch",)})
    loose = life.model_copy(update={"transitions": (*life.transitions[:-1], close)})
    assert ways.may_outlast(loose, "in_progress", "answer")
    assert ways.running(life) == {
        "open": {"dispatch"},
        "in_progress": {"answer"},
        "answered": set(),
        "closed": set(),
    }
