"""A layered layout (分层布局) of a directed graph: ranks from the top, few crossings, edges as smooth paths.

The four steps of K. Sugiyama, S. Tagawa and M. Toda (Methods for visual understanding of hierarchical system
structures, IEEE Transactions on Systems, Man, and Cybernetics 1981), with ranks given by the caller: long edges are cut
into pieces of one rank, each rank is ordered by the means of its neighbours, and places are found by averaging under
the condition that nothing overlaps. The same graph always gives the same picture.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP = 28.0
"""Between two things of one rank; ``LEVEL`` between two ranks."""
LEVEL = 46.0
SWEEPS = 24
PLACINGS = 80
_THIN = 12.0


@dataclass(slots=True)
class Node:
    """A thing with its size: ``left`` and ``right`` reach from its axis, edges end ``inset`` within its height.

    ``x`` and ``y`` are found: the axis, and the top edge.
    """

    key: Hashable
    rank: int
    left: float
    right: float
    height: float
    inset: float = 0.0
    is_bend: bool = False
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another, whichever of them is higher."""

    source: Hashable
    target: Hashable


@dataclass(frozen=True, slots=True)
class Route:
    """An edge as drawn: from its first point on, straight pieces down or up and bows take turns."""

    edge: Edge
    points: tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Layout:
    """Places of the nodes, routes of the edges, and the size of the whole, from 0, 0."""

    nodes: Mapping[Hashable, Node]
    routes: list[Route]
    width: float
    height: float


@dataclass(slots=True)
class _Work:
    ranks: list[list[Node]]
    """In the order of their places."""
    bands: list[tuple[float, float]]
    """Top and bottom of each rank."""
    chains: list[tuple[Edge, list[Node]]]
    up: dict[int, list[Node]] = field(default_factory=dict)
    down: dict[int, list[Node]] = field(default_factory=dict)


def lay_out(nodes: Sequence[Node], edges: Sequence[Edge]) -> Layout:
    """Give every node its place and every edge its route. Edges join nodes of different ranks."""
    by_key = {node.key: node for node in nodes}
    work = _cut(nodes, edges, by_key)
    _order(work)
    _place(work)
    routes = [_route(edge, chain, work) for edge, chain in work.chains]
    least = min(
        [node.x - node.left for rank in work.ranks for node in rank] + [x for route in routes for x, _ in route.points]
    )
    for rank in work.ranks:
        for node in rank:
            node.x -= least
    routes = [Route(each.edge, tuple((x - least, y) for x, y in each.points)) for each in routes]
    width = max(node.x + node.right for rank in work.ranks for node in rank)
    height = max(node.y + node.height for rank in work.ranks for node in rank)
    return Layout(by_key, routes, width, height)


def _cut(nodes: Sequence[Node], edges: Sequence[Edge], by_key: Mapping[Hashable, Node]) -> _Work:
    """Every edge becomes a chain from its higher end to its lower one, with a bend on each rank between."""
    ranks: list[list[Node]] = [[] for _ in range(max(node.rank for node in nodes) + 1)]
    for node in nodes:
        ranks[node.rank].append(node)
    work = _Work(ranks, [], [])
    for edge in edges:
        above, below = sorted((by_key[edge.source], by_key[edge.target]), key=lambda node: node.rank)
        bends = [
            Node((edge, rank), rank, _THIN / 2, _THIN / 2, 0.0, is_bend=True)
            for rank in range(above.rank + 1, below.rank)
        ]
        for bend in bends:
            ranks[bend.rank].append(bend)
        chain = [above, *bends, below]
        work.chains.append((edge, chain))
        for one, other in pairwise(chain):
            work.down.setdefault(id(one), []).append(other)
            work.up.setdefault(id(other), []).append(one)
    return work


def _order(work: _Work) -> None:
    """Sort each rank by the mean place of its neighbours, down and up again; the best order seen is kept."""
    best, fewest = [list(rank) for rank in work.ranks], _crossings(work)
    for sweep in range(SWEEPS):
        goes_down = sweep % 2 == 0
        beside = work.up if goes_down else work.down
        for rank in work.ranks if goes_down else reversed(work.ranks):
            _sort(rank, beside, work)
        if (crossings := _crossings(work)) < fewest:
            best, fewest = [list(rank) for rank in work.ranks], crossings
    for rank, order in zip(work.ranks, best, strict=True):
        rank[:] = order


def _sort(rank: list[Node], beside: Mapping[int, list[Node]], work: _Work) -> None:
    at = {id(node): number / max(1, len(other) - 1) for other in work.ranks for number, node in enumerate(other)}
    means = {}
    for node in rank:
        others = beside.get(id(node), ())
        means[id(node)] = sum(at[id(other)] for other in others) / len(others) if others else at[id(node)]
    rank.sort(key=lambda node: means[id(node)])


def _crossings(work: _Work) -> int:
    total = 0
    for upper, lower in pairwise(work.ranks):
        at = {id(node): number for number, node in enumerate(lower)}
        ends = [at[id(other)] for node in upper for other in sorted(_next(work, node), key=lambda each: at[id(each)])]
        total += sum(ends[one] > ends[other] for one in range(len(ends)) for other in range(one + 1, len(ends)))
    return total


def _next(work: _Work, node: Node) -> list[Node]:
    return work.down.get(id(node), [])


def _place(work: _Work) -> None:
    """Heights by rank; then each rank as near as can be to the mean of its neighbours, without overlaps."""
    y = 0.0
    for rank in work.ranks:
        tallest = max((node.height for node in rank), default=0.0)
        for node in rank:
            node.height = tallest if node.is_bend else node.height
            node.y = y + (tallest - node.height) / 2
        work.bands.append((y, y + tallest))
        y += tallest + LEVEL
        x = 0.0
        for node in rank:
            node.x = x + node.left
            x = node.x + node.right + GAP
    for sweep in range(PLACINGS):
        goes_down = sweep % 2 == 0
        for rank in work.ranks if goes_down else reversed(work.ranks):
            wanted = [_mean(node, work, both=sweep >= PLACINGS // 4) for node in rank]
            _without_overlap(rank, wanted)


def _mean(node: Node, work: _Work, *, both: bool) -> float:
    """Where its neighbours want the node; a bend is pulled harder to other bends, so that long edges are straight."""
    above, below = work.up.get(id(node), []), work.down.get(id(node), [])
    beside = above + below if both else above or below
    if not beside:
        return node.x
    weights = [8.0 if node.is_bend and other.is_bend else 1.0 for other in beside]
    return sum(weight * other.x for weight, other in zip(weights, beside, strict=True)) / sum(weights)


def _without_overlap(rank: Sequence[Node], wanted: Sequence[float]) -> None:
    """The places nearest to the wanted ones that keep order and distance: isotonic regression by pooling."""
    offsets, offset = [], 0.0
    for at, node in enumerate(rank):
        if at:
            offset += rank[at - 1].right + GAP + node.left
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for place, shift in zip(wanted, offsets, strict=True):
        mean, count = place - shift, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    for node, place, shift in zip(rank, flat, offsets, strict=True):
        node.x = place + shift


def _route(edge: Edge, chain: Sequence[Node], work: _Work) -> Route:
    """From the lower side of the upper node to the upper side of the lower one; straight within every rank."""
    above, below = chain[0], chain[-1]
    x = _port(above, chain[1], work, down=True)
    points = [(x, above.y + above.height - above.inset), (x, work.bands[above.rank][1])]
    for bend in chain[1:-1]:
        points += [(bend.x, y) for y in work.bands[bend.rank]]
    x = _port(below, chain[-2], work, down=False)
    points += [(x, work.bands[below.rank][0]), (x, below.y + below.inset)]
    if edge.source == below.key:
        points.reverse()
    return Route(edge, tuple(points))


def _port(node: Node, other: Node, work: _Work, *, down: bool) -> float:
    """Where on a node's side the piece to this neighbour ends: side by side, in the neighbours' order."""
    beside = sorted((work.down if down else work.up)[id(node)], key=lambda each: (each.x, str(each.key)))
    at = next(number for number, each in enumerate(beside) if each is other)
    room = min(22.0, (min(node.left, node.right) * 2 - 16) / max(1, len(beside)))
    return node.x + (at - (len(beside) - 1) / 2) * room
