"""The workflow as a graph: everything in it is there, in Mermaid and as a picture, whatever its labels are."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import packs
from district.graph import ROLES, Graph, graph
from district.graph_layout import Edge, Node, lay_out
from district.graph_svg import svg
from district.graph_text import mermaid
from district.pack import District, load
from district.schemas import Role, Workflow

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '退单 --> "x" : <script>alert(1)</script>\n%% end note'

# What a reader of Mermaid's stateDiagram-v2 takes; anything else on a line is an error there.
WORD = r"(?:[^\n\"#;:{}<>%]|#\d+;)+"
LINES = {
    "head": r"stateDiagram-v2",
    "comment": r"%% .*",
    "direction": r"direction TB",
    "opens": rf'state "{WORD}" as \w+ \{{',
    "state": rf'state "{WORD}" as \w+',
    "arrow": rf"(?:\w+|\[\*\]) --> (?:\w+|\[\*\])(?: : {WORD}(?:<br/>{WORD})*)?",
    "closes": r"\}",
    "note": r"note right of \w+",
    "noted": rf"申请{WORD}",
    "ends": r"end note",
}


@pytest.fixture(scope="module")
def demo() -> District:
    return load(Path(packs.__file__).parent / "demo")


def graph_of(district: District) -> Graph:
    return graph(district.workflow, {rule.name: rule.label for rule in district.clocks.rules})


def relabelled(workflow: Workflow, label: str) -> Workflow:
    """With this label on every state, transition and request."""
    data = workflow.model_dump(mode="json", by_alias=True)
    for life in (data["ticket"], data["case"]):
        life["states"] = dict.fromkeys(life["states"], label)
        for move in life["transitions"]:
            move["label"] = label
    for kind in data["requests"]:
        kind["label"] = label
    return Workflow.model_validate(data | {"version": label})


def read_mermaid(text: str) -> tuple[Counter[str], set[str], list[tuple[str, str]]]:
    """Kinds of lines, names of states, and arrows; fails at a line that Mermaid would not take."""
    kinds: Counter[str] = Counter()
    states, arrows = set(), []
    for line in text.splitlines():
        kind = next((name for name, pattern in LINES.items() if re.fullmatch(pattern, line.strip())), None)
        assert kind is not None, line
        kinds[kind] += 1
        if kind == "state":
            states.add(line.split()[-1])
        if kind == "arrow":
            source, _, target = line.split(" : ")[0].split()
            arrows.append((source, target))
    return kinds, states, arrows


def test_every_role_has_a_word() -> None:
    assert set(ROLES) == set(Role)


def test_mermaid_has_every_state_transition_and_request(demo: District) -> None:
    workflow = demo.workflow
    kinds, states, arrows = read_mermaid(mermaid(graph_of(demo)))
    lives = (workflow.ticket, workflow.case)
    assert len(states) == sum(len(life.states) for life in lives)
    moves = sum(len(each.sources) for life in lives for each in life.transitions)
    assert len(arrows) == moves + sum(1 + len(life.final) for life in lives)
    assert kinds["noted"] == len(workflow.requests)
    assert kinds["opens"] == kinds["closes"] == len(lives)
    assert {name for arrow in arrows for name in arrow} == states | {"[*]"}


def test_mermaid_says_who_may_what_must_be_approved_and_which_clocks(demo: District) -> None:
    text = mermaid(graph_of(demo))
    assert "case_0 --> case_1 : 派单（派单员、督办、系统）<br/>▶ 签收、首次联系、答复<br/>■ 派单" in text
    assert "答复（承办人、承办单位负责人）<br/>须批准：答复审核（承办单位负责人免）" in text
    assert "case_2 --> case_3 : 挂账（督办）<br/>须批准：挂账<br/>Ⅱ 答复" in text
    assert "case_2 --> case_2 : 记录联系居民" in text
    assert "申请“延期” 承办人、承办单位负责人提出，派单员、督办审批，批准后：延长答复时限" in text


def test_co_handlers_and_the_times_and_ends_of_requests_are_told(demo: District) -> None:
    text = mermaid(graph_of(demo))
    assert "协办反馈（协办单位：承办人、承办单位负责人）" in text
    assert "协办单位反馈后，或写明理由" in text
    assert "须在签收时限内提出" in text
    assert "每件最多 2 次，用完后转会商" in text
    assert "审批期间不能派单、目录外派单、改派" in text


def test_labels_that_look_like_signs_stay_words_in_mermaid(demo: District) -> None:
    hostile = graph(relabelled(demo.workflow, HOSTILE), {})
    _, states, arrows = read_mermaid(mermaid(hostile))
    _, plain_states, plain_arrows = read_mermaid(mermaid(graph_of(demo)))
    assert (states, arrows) == (plain_states, plain_arrows)


def words_of(picture: str) -> str:
    return "".join(each.text or "" for each in ET.fromstring(picture).iter(f"{SVG}text"))


def test_the_picture_has_every_state_transition_and_request(demo: District) -> None:
    found = words_of(svg(graph_of(demo)))
    for life in (demo.workflow.ticket, demo.workflow.case):
        for state, label in life.states.items():
            assert label in found
            assert state in found
        for move in life.transitions:
            assert move.label in found
    for kind in demo.workflow.requests:
        assert kind.label in found
    assert "须批准：答复审核（承办单位负责人免）" in found
    assert "审批期间 Ⅱ 签收" in found
    assert f"版本 {demo.workflow.version}" in found


def test_the_first_states_stand_above_one_another_with_the_names_of_their_lives(demo: District) -> None:
    root = ET.fromstring(svg(graph_of(demo), alone=False))
    assert "虚线" not in "".join(each.text or "" for each in root.iter(f"{SVG}text"))
    named = [float(each.get("x", "0")) for each in root.findall(f"{SVG}text") if each.text in ("诉求工单", "办件")]
    found = []
    for life in root.findall(f"{SVG}g"):
        moved = re.match(r"translate\(([\d.]+) ", life.get("transform", ""))
        first = next(each for each in life if each.get("class") == "flow-first").find(f"{SVG}text")
        assert moved is not None
        assert first is not None
        found.append(float(moved.group(1)) + float(first.get("x", "0")))
    assert len(found) == len(named) == 2
    assert all(abs(x - found[0]) < 0.2 for x in [*found, *named])


def test_the_picture_is_the_same_every_time(demo: District) -> None:
    again = load(Path(packs.__file__).parent / "demo")
    assert svg(graph_of(demo)) == svg(graph_of(again))


def test_the_picture_stands_alone_and_holds_no_script(demo: District) -> None:
    picture = svg(graph(relabelled(demo.workflow, HOSTILE), {}), title=HOSTILE)
    root = ET.fromstring(picture)
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags == {"svg", "title", "rect", "g", "text", "path"}
    attributes = {name for each in root.iter() for name in each.attrib}
    assert not attributes & {"href", "style", "onload"}
    assert "<script>alert(1)</script>" in words_of(picture)


def rectangles(picture: str) -> list[tuple[float, float, float, float]]:
    """The boxes of states and moves as left, top, right, bottom."""
    root = ET.fromstring(picture)
    found = []

    def walk(element: ET.Element, dx: float, dy: float) -> None:
        if moved := re.match(r"translate\((\S+) (\S+)\)", element.get("transform", "")):
            dx, dy = dx + float(moved[1]), dy + float(moved[2])
        if element.tag == f"{SVG}rect" and element.get("class") != "flow-ground":
            x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
            found.append((x + dx, y + dy, x + dx + width, y + dy + height))
        for each in element:
            walk(each, dx, dy)

    walk(root, 0, 0)
    return found


@pytest.mark.parametrize("label", ["办", "一个特别长的名称特别长的名称", "Waiting for the reply of the bureau"])
def test_nothing_overlaps_and_nothing_leaves_the_picture(demo: District, label: str) -> None:
    picture = svg(graph(relabelled(demo.workflow, label), {}))
    _, _, width, height = map(float, ET.fromstring(picture).attrib["viewBox"].split())
    boxes = rectangles(picture)
    assert len(boxes) > len(demo.workflow.case.states) + len(demo.workflow.ticket.states)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for one, other in itertools.combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


def test_an_edge_runs_past_what_stands_between_its_ends() -> None:
    nodes = [Node("a", 0, 40, 40, 30), Node("b", 1, 40, 40, 60), Node("c", 2, 40, 40, 30)]
    placed = lay_out(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("a", "c"), Edge("c", "b")])
    between: Mapping[object, Node] = placed.nodes
    b = between["b"]
    (long,) = (route for route in placed.routes if route.edge == Edge("a", "c"))
    in_band = [x for x, y in long.points if b.y <= y <= b.y + b.height]
    assert in_band
    assert all(x < b.x - b.left or x > b.x + b.right for x in in_band)
    (back,) = (route for route in placed.routes if route.edge == Edge("c", "b"))
    assert back.points[0][1] > back.points[-1][1]


def test_an_order_without_crossings_is_found() -> None:
    nodes = [Node(name, 0, 10, 10, 10) for name in "abc"] + [Node(name, 1, 10, 10, 10) for name in "xyz"]
    placed = lay_out(nodes, [Edge("a", "z"), Edge("b", "y"), Edge("c", "x")])
    assert sorted("abc", key=lambda name: placed.nodes[name].x) == sorted(
        "abc", key=lambda name: placed.nodes[{"a": "z", "b": "y", "c": "x"}[name]].x
    )


def tops(district: District) -> dict[str, float]:
    """Where each state of a case stands in the picture, from the top; by its code below its label."""
    root = ET.fromstring(svg(graph_of(district)))
    (_, case) = root.findall(f"{SVG}g")
    codes = [each for each in case.iter(f"{SVG}text") if each.get("class") == "flow-code"]
    return {str(each.text): float(each.get("y", "0")) for each in codes}


def test_the_way_of_a_case_runs_down_whatever_the_order_of_the_file(demo: District) -> None:
    expected = ["open", "dispatched", "in_progress", "answered", "closed"]
    turned = demo.workflow.case.model_copy(update={"transitions": demo.workflow.case.transitions[::-1]})
    workflow = demo.workflow.model_copy(update={"case": turned})
    for district in (demo, replace(demo, workflow=workflow)):
        places = tops(district)
        assert set(places) == set(demo.workflow.case.states)
        assert sorted(expected, key=places.__getitem__) == expected
        assert places["suspended"] == places["answered"]


def test_a_state_that_only_an_end_leads_to_is_drawn_too(demo: District) -> None:
    data = demo.workflow.model_dump(mode="json", by_alias=True)
    data["case"]["states"]["archived"] = "归档"
    archive = {"name": "archive", "label": "归档", "from": ["closed"], "to": "archived", "roles": ["system"]}
    back = archive | {"name": "unarchive", "from": ["archived"], "to": "answered"}
    data["case"]["transitions"] += [archive, back]
    places = tops(replace(demo, workflow=Workflow.model_validate(data)))
    assert places["archived"] > places["closed"] > places["answered"]
