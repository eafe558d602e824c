"""The workflow's graph (流程图) drawn as SVG: one picture, self-contained, the same bytes for the same workflow.

Colours are attributes, which any style sheet outranks: a page draws it in its own by the classes (``flow-state``,
``flow-move``, ``flow-edge`` …), a file on its own looks right too. Every word is escaped.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from district.graph import LEGEND, Asking, Graph, LifeGraph, Words, worded
from district.graph_layout import Edge, Node, Route, lay_out

FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
TEXT, QUIET, EDGE, LINE = "#222831", "#5d6672", "#7d8793", "#cbd1d9"
SURFACE, SOFT, ACCENT, AMBER = "#ffffff", "#f4f6f9", "#1f5fd1", "#8a5c00"
MARGIN, PAD = 32.0, 10.0
BIG, SMALL, ROW = 14, 12, 18.0
STATE_HEIGHT = 46.0
WIDEST = 210.0
LOOP = 30.0
"""Between a state and the box of what leaves it as it is."""
COLUMNS = (("申请", 150.0), ("谁提出", 190.0), ("谁审批", 170.0), ("在哪些状态", 250.0), ("作用", 330.0))
_ARROW = 7.0


def _wide(text: str, size: int) -> float:
    """How wide a text is at this size, near enough: a Chinese sign is as wide as high, a Latin one a good half."""
    return sum(size if unicodedata.east_asian_width(sign) in "WFA" else size * 0.58 for sign in text)


def _wrapped(text: str, size: int, width: float) -> list[str]:
    """The text in lines of this width, broken at punctuation and between Latin words where that can be."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _wide(line + piece, size) > width:
            lines.append(line)
            line = ""
        while _wide(piece, size) > width and len(piece) > 1:
            cut = next(at for at in range(len(piece), 0, -1) if _wide(piece[:at], size) <= width or at == 1)
            lines.append(piece[:cut])
            piece = piece[cut:]  # noqa: PLW2901  the rest of it is the next piece
        line += piece
    return [each.strip() for each in [*lines, line] if each.strip()]


def _pieces(text: str) -> Iterable[str]:
    piece = ""
    for sign in text:
        if sign == "（" and piece:
            yield piece
            piece = ""
        piece += sign
        if sign in "、，；）" or (sign == " " and piece[-2:-1].isascii() and not piece[-2:-1].isdigit()):
            yield piece
            piece = ""
    if piece:
        yield piece


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text: its size, colour and class."""

    text: str
    size: int
    colour: str
    kind: str
    bold: bool = False


def svg(found: Graph, title: str = "流程图", *, say: Callable[[str], str] = str, alone: bool = True) -> str:
    """The whole picture: both lives, and the requests below them; ``say`` puts its words into the reader's language.

    The first states stand above one another in the middle, with the name of each life over them: a narrow window that
    shows one shows all. ``alone`` is a picture with its own title and legend, which a page says itself.
    """
    found, title = worded(found, say), say(title)
    parts: list[str] = []
    y, drawn = MARGIN, [_drawn_life(life) for life in found.lives]
    before = max((each.first for each in drawn), default=0.0)
    after = max((each.width - each.first for each in drawn), default=0.0)
    width = max(before + after, sum(each for _, each in COLUMNS))
    first = MARGIN + before + (width - before - after) / 2
    if alone:
        y += _words_at(
            parts, MARGIN, y, _Line(f"{title} · {say(f'版本 {found.version}')}", 20, TEXT, "flow-title", bold=True)
        )
        y += _words_at(parts, MARGIN, y + 2, _Line(say(LEGEND), SMALL, QUIET, "flow-quiet")) + 14
    for life, picture in zip(found.lives, drawn, strict=True):
        y += _words_at(parts, first, y, _Line(life.label, 17, TEXT, "flow-title", bold=True), middle=True)
        if life.starts:
            y += _words_at(parts, first, y, _Line(life.starts, SMALL, ACCENT, "flow-clock"), middle=True)
        y += 10
        parts.append(f'<g transform="translate({first - picture.first:g} {y:g})">{picture.inner}</g>')
        y += picture.height + 36
    if found.requests:
        y += _words_at(parts, MARGIN, y, _Line(say("申请"), 17, TEXT, "flow-title", bold=True)) + 10
        y += _drawn_requests(parts, [say(head) for head, _ in COLUMNS], found.requests, y)
    whole, high = width + 2 * MARGIN, y + MARGIN
    ground = f'<rect class="flow-ground" width="{whole:.0f}" height="{high:.0f}" fill="{SURFACE}"/>'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" viewBox="0 0 {whole:.0f} {high:.0f}" '
        f'width="{whole:.0f}" height="{high:.0f}" font-family="{FONT}">'
    )
    return f"{head}<title>{escape(title)}</title>{ground}{''.join(parts)}</svg>\n"


def _words_at(parts: list[str], x: float, y: float, line: _Line, *, middle: bool = False) -> float:
    """One line with its top at ``y``; how high it is."""
    weight = ' font-weight="600"' if line.bold else ""
    anchor = ' text-anchor="middle"' if middle else ""
    parts.append(
        f'<text class="{line.kind}" x="{x:.1f}" y="{y + line.size * 1.02:.1f}" font-size="{line.size}" '
        f'fill="{line.colour}"{weight}{anchor}>{escape(line.text)}</text>'
    )
    return line.size * 1.45


@dataclass(frozen=True, slots=True)
class _Life:
    """A life drawn: its size, and where from the left its first state has its middle."""

    inner: str
    width: float
    height: float
    first: float


def _drawn_life(life: LifeGraph) -> _Life:
    """The states and the boxes between them."""
    ranks = _ranks(life)
    nodes = [_state_node(life, state, ranks[state]) for state in life.states if state in ranks]
    flows = [flow for flow in life.flows if flow.target in ranks and any(each in ranks for each in flow.sources)]
    edges: list[Edge] = []
    for at, flow in enumerate(flows):
        texts = _box_lines(flow.moves)
        half = _box_width(texts) / 2
        sources = [state for state in flow.sources if state in ranks]
        above = [2 * ranks[state] for state in sources if ranks[state] < ranks[flow.target]]
        nodes.append(Node(at, max(above, default=2 * ranks[flow.target]) + 1, half, half, _box_height(texts)))
        edges += [Edge(state, at) for state in sources]
        edges.append(Edge(at, flow.target))
    placed = lay_out(nodes, edges)
    parts = [_path(route, is_back=_goes_up(route), ends=isinstance(route.edge.source, int)) for route in placed.routes]
    for state in ranks:
        _draw_state(parts, life, state, placed.nodes[state])
    for at, flow in enumerate(flows):
        node = placed.nodes[at]
        _draw_box(parts, node.x - node.left, node.y, node.left + node.right, flow.moves)
    return _Life("".join(parts), placed.width, placed.height, placed.nodes[life.initial].x)


def _ranks(life: LifeGraph) -> dict[str, int]:
    """How far each state is from the first one by the longest way that turns back nowhere."""
    onward = _onward(life)
    ranks = {life.initial: 0}
    before: dict[str, int] = {}
    for targets in onward.values():
        for target in targets:
            before[target] = before.get(target, 0) + 1
    ready = deque([life.initial])
    while ready:
        here = ready.popleft()
        for target in onward.get(here, ()):
            ranks[target] = max(ranks.get(target, 0), ranks[here] + 1)
            before[target] -= 1
            if not before[target]:
                ready.append(target)
    return ranks


def _onward(life: LifeGraph) -> dict[str, list[str]]:
    """From each state that is come to those that lie ahead: the moves that lead back on a way are left out.

    What leads out of an end leads back (重开), unless there is no other way to where it leads.
    """
    following: dict[str, list[str]] = {state: [] for state in life.states}
    for flow in life.flows:
        for source in flow.sources:
            if flow.target in following and flow.target not in following[source]:
                following[source].append(flow.target)
    without_return = _come_to(
        life.initial, {state: () if state in life.final else following[state] for state in following}
    )
    found: dict[str, list[str]] = {}
    on_the_way: list[str] = []

    def walk(state: str) -> None:
        found[state] = []
        on_the_way.append(state)
        for target in following[state]:
            if target in on_the_way or (state in life.final and target in without_return):
                continue
            found[state].append(target)
            if target not in found:
                walk(target)
        on_the_way.pop()

    walk(life.initial)
    return found


def _come_to(start: str, following: Mapping[str, Sequence[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = [target for target in following[waiting.pop()] if target not in seen]
        seen.update(fresh)
        waiting += fresh
    return seen


def _state_width(life: LifeGraph, state: str) -> float:
    return max(96.0, _wide(life.states[state], BIG + 1) + 28, _wide(state, 11) + 24)


def _state_node(life: LifeGraph, state: str, rank: int) -> Node:
    half = _state_width(life, state) / 2
    loops = life.loops.get(state, ())
    if not loops:
        return Node(state, 2 * rank, half, half, STATE_HEIGHT)
    texts = _box_lines(loops)
    height = max(STATE_HEIGHT, _box_height(texts))
    inset = (height - STATE_HEIGHT) / 2
    return Node(state, 2 * rank, half, half + LOOP + _box_width(texts), height, inset)


def _draw_state(parts: list[str], life: LifeGraph, state: str, node: Node) -> None:
    y, left = node.y + (node.height - STATE_HEIGHT) / 2, node.x - node.left
    kind = "flow-first" if state == life.initial else "flow-last" if state in life.final else "flow-state"
    fill, colour, stroke = {
        "flow-first": (ACCENT, SURFACE, ACCENT),
        "flow-last": (TEXT, SURFACE, TEXT),
        "flow-state": (SURFACE, TEXT, ACCENT),
    }[kind]
    loops = life.loops.get(state, ())
    if loops:
        _draw_loops(parts, node, left + node.left * 2, loops)
    parts.append(
        f'<g class="{kind}"><rect x="{left:.1f}" y="{y:.1f}" width="{node.left * 2:.1f}" height="{STATE_HEIGHT:g}" '
        f'rx="10" fill="{fill}" stroke="{stroke}" stroke-width="1.6"/>'
    )
    _words_at(parts, node.x, y + 6, _Line(life.states[state], BIG + 1, colour, "flow-name", bold=True), middle=True)
    quiet = colour if kind != "flow-state" else QUIET
    _words_at(parts, node.x, y + 27, _Line(state, 11, quiet, "flow-code"), middle=True)
    parts.append("</g>")


def _draw_loops(parts: list[str], node: Node, right: float, loops: Sequence[Words]) -> None:
    """The box of what leaves the state as it is, at the state's side, tied to it by a line there and back."""
    texts = _box_lines(loops)
    width, height = _box_width(texts), _box_height(texts)
    top, middle = node.y + (node.height - height) / 2, node.y + node.height / 2
    parts.append(
        f'<path class="flow-edge" d="M{right:.1f} {middle - 8:.1f}H{right + LOOP:.1f}M{right + LOOP:.1f} '
        f'{middle + 8:.1f}H{right + 1:.1f}" fill="none" stroke="{EDGE}" stroke-width="1.4"/>'
        f"{_head(right, middle + 8, 'left')}"
    )
    _draw_box(parts, right + LOOP, top, width, loops)


def _box_lines(moves: Sequence[Words]) -> list[list[_Line]]:
    """Title, roles, approval and clocks of each transition of a box."""
    found = []
    for move in moves:
        lines = [_Line(move.label, BIG, TEXT, "flow-move-name", bold=True)]
        lines += [_Line(each, SMALL, QUIET, "flow-quiet") for each in _wrapped(move.roles, SMALL, WIDEST)]
        lines += [_Line(each, SMALL, AMBER, "flow-approval") for each in _wrapped(move.approval, SMALL, WIDEST)]
        for clock in move.clocks:
            lines += [_Line(each, SMALL, ACCENT, "flow-clock") for each in _wrapped(clock, SMALL, WIDEST)]
        found.append(lines)
    return found


def _box_width(texts: Iterable[Sequence[_Line]]) -> float:
    return max(_wide(line.text, line.size) for lines in texts for line in lines) + 2 * PAD + 4


def _box_height(texts: Sequence[Sequence[_Line]]) -> float:
    return sum(len(lines) * ROW for lines in texts) + (len(texts) - 1) * PAD + 2 * PAD - 4


def _draw_box(parts: list[str], x: float, y: float, width: float, moves: Sequence[Words]) -> None:
    texts = _box_lines(moves)
    parts.append(
        f'<g class="flow-move"><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_box_height(texts):.1f}" '
        f'rx="4" fill="{SOFT}" stroke="{LINE}" stroke-width="1"/>'
    )
    line_y = y + PAD - 2
    for at, lines in enumerate(texts):
        if at:
            line_y += PAD / 2
            parts.append(f'<path class="flow-rule" d="M{x:.1f} {line_y:.1f}h{width:.1f}" stroke="{LINE}"/>')
            line_y += PAD / 2
        for line in lines:
            _words_at(parts, x + PAD, line_y, line)
            line_y += ROW
    parts.append("</g>")


def _goes_up(route: Route) -> bool:
    return route.points[-1][1] < route.points[0][1]


def _path(route: Route, *, is_back: bool, ends: bool) -> str:
    """Bows between the ranks, straight pieces through them; an arrow where it comes to a state."""
    (x, y), *rest = route.points
    drawn = f"M{x:.1f} {y:.1f}"
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2 == 0:
            drawn += f"V{to_y:.1f}"
        else:
            half = (y + to_y) / 2
            drawn += f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    dash = ' stroke-dasharray="5 3"' if is_back else ""
    arrow = _head(x, y, "up" if is_back else "down") if ends else ""
    return f'<path class="flow-edge" d="{drawn}" fill="none" stroke="{EDGE}" stroke-width="1.4"{dash}/>{arrow}'


def _head(x: float, y: float, way: str) -> str:
    size = _ARROW
    corners: Mapping[Hashable, tuple[tuple[float, float], tuple[float, float]]] = {
        "down": ((-size / 2, -size), (size / 2, -size)),
        "up": ((-size / 2, size), (size / 2, size)),
        "left": ((size, -size / 2), (size, size / 2)),
    }
    (ax, ay), (bx, by) = corners[way]
    return (
        f'<path class="flow-head" d="M{x:.1f} {y:.1f}L{x + ax:.1f} {y + ay:.1f}L{x + bx:.1f} {y + by:.1f}Z" '
        f'fill="{QUIET}"/>'
    )


def _drawn_requests(parts: list[str], heads: Sequence[str], requests: Sequence[Asking], y: float) -> float:
    """The table of requests from ``y`` on; how high it is."""
    top, width = y, sum(each for _, each in COLUMNS)
    x = MARGIN
    for head, (_, wide) in zip(heads, COLUMNS, strict=True):
        _words_at(parts, x, y, _Line(head, SMALL, QUIET, "flow-quiet"))
        x += wide
    y += ROW + 6
    for each in requests:
        cells = (each.label, each.asked_by, each.decided_by, each.states, each.effect)
        wrapped = [_wrapped(cell, 13, wide - 16) for cell, (_, wide) in zip(cells, COLUMNS, strict=True)]
        parts.append(f'<path class="flow-rule" d="M{MARGIN:g} {y:.1f}h{width:g}" stroke="{LINE}" stroke-width="1"/>')
        x = MARGIN
        for at, (lines, (_, wide)) in enumerate(zip(wrapped, COLUMNS, strict=True)):
            for number, line in enumerate(lines):
                _words_at(parts, x, y + 8 + number * ROW, _Line(line, 13, TEXT, "flow-cell", bold=not at))
            x += wide
        _words_at(parts, MARGIN, y + 8 + ROW, _Line(each.name, 11, QUIET, "flow-quiet"))
        y += max(2, *(len(lines) for lines in wrapped)) * ROW + 14
    return y - top
