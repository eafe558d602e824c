"""A district whose rules have changed since its cases began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from district.clocks import Clocks
from district.pack import District

_VERSIONS = count(1)


def newer(district: District, change: Callable[[dict[str, Any]], None] | None = None, **clocks: str) -> District:
    """The district with a workflow changed as plain data, and answers allowed as written (``"3 wd office"``)."""
    data = district.workflow.model_dump(mode="json", by_alias=True) | {"version": "新"}
    if change is not None:
        change(data)
    made = []
    for rule in district.clocks.rules:
        stated = rule.model_dump(mode="json")
        if rule.name in clocks:
            stated["allow"] = dict.fromkeys(stated["allow"], clocks[rule.name])
        if clocks.get(rule.name) != "":
            made.append(type(rule).model_validate(stated))
    return replace(
        district,
        workflow=type(district.workflow).model_validate(data),
        clocks=Clocks(made, district.request_types),
        rule_version=f"changed-{next(_VERSIONS)}",
    )


def without(state: str) -> Callable[[dict[str, Any]], None]:
    """A change that takes a state out of the case's life."""

    def change(data: dict[str, Any]) -> None:
        case = data["case"]
        del case["states"][state]
        case["transitions"] = [move for move in case["transitions"] if move["to"] != state and move["from"] != [state]]
        for move in case["transitions"]:
            move["from"] = [source for source in move["from"] if source != state]
        for kind in data["requests"]:
            kind["states"] = [each for each in kind["states"] if each != state]

    return change
