"""Makes ``appeals.jsonl``, the demo district's labelled appeals, from the taxonomy, the gazetteer and the grammar.

``python -m packs.demo.samples.generate`` writes the file anew. Every category has its own random stream, seeded
by the grammar's seed and the category's code, so a category can be made by itself and a new one moves no other.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from packs.demo.samples.categories import Node, read_nodes
from packs.demo.samples.voices import Pairs, exchange, mend, pairs, speak

FOLDER = Path(__file__).parent
CHINA = timezone(timedelta(hours=8))
PLACE, NAME, KEYWORD = "\0", "\1", "\2"
"""Marks in a text that is being worded, kept from the exchange of words."""
_SAYS_WHEN = re.compile(r"[天年月周]|礼拜|小时|星期|去|昨|今|刚|早上|凌晨|半夜|一直|从")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the gazetteer with the words for it; ``numbers`` is its range of house numbers, if it has one."""

    words: tuple[str, ...]
    kind: str
    street: str
    community: str
    numbers: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """``grammar.yaml`` and ``frames.yaml``, with the places and categories that they are filled with."""

    rules: Mapping[str, Any]
    frames: Mapping[str, Mapping[str, tuple[str, ...]]]
    fragments: Mapping[str, tuple[str, ...]]
    ask: Mapping[str, tuple[str, ...]]
    effects: Mapping[str, tuple[str, ...]]
    swaps: Pairs
    dialect: Pairs
    slips: Pairs
    nodes: tuple[Node, ...]
    spots: Mapping[str, tuple[Spot, ...]]
    street_names: Mapping[str, str]


@dataclass(slots=True)
class Draft:
    """One appeal while it is being worded; ``text`` holds marks where the place and names will stand."""

    node: Node
    request_type: str
    source: str
    text: str
    spot: Spot | None = None
    place: str = ""
    also: list[str] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)

    def said(self, text: str) -> str:
        """The text with its marks filled."""
        for mark, name in self.names.items():
            text = text.replace(mark, name)
        return text.replace(PLACE, self.place)


def lines(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def read_spots(path: Path) -> dict[str, tuple[Spot, ...]]:
    """Places by kind, in the file's order."""
    spots: dict[str, list[Spot]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = (row["name"], row["name"], *filter(None, row["aliases"].split("|")))
            numbers = (int(row["from_number"]), int(row["to_number"])) if row["from_number"] else None
            spot = Spot(words, row["kind"], row["street"], row["community"], numbers)
            spots.setdefault(row["kind"], []).append(spot)
    return {kind: tuple(found) for kind, found in spots.items()}


def load(folder: Path = FOLDER) -> Grammar:
    """Read the grammar and, from the pack above it, taxonomy and gazetteer."""
    rules = yaml.safe_load((folder / "grammar.yaml").read_text(encoding="utf-8"))
    frames = yaml.safe_load((folder / "frames.yaml").read_text(encoding="utf-8"))
    spots = read_spots(folder.parent / "gazetteer.csv")
    return Grammar(
        rules=rules,
        frames={kind: {group: lines(block) for group, block in groups.items()} for kind, groups in frames.items()},
        fragments={name: lines(block) for name, block in rules["fragments"].items()},
        ask={name: lines(block) for name, block in rules["ask"].items()},
        effects={name: tuple(block.split("|")) for name, block in rules["effects"].items()},
        swaps=pairs(rules["swaps"]),
        dialect=pairs(rules["dialect"]),
        slips=pairs(rules["slips"]),
        nodes=read_nodes(folder.parent / "taxonomy.csv"),
        spots=spots,
        street_names={spot.street: spot.words[0] for spot in spots["street"]},
    )


def draw(rng: random.Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def by_code(table: Mapping[str, Any], code: str) -> Any:
    """The entry whose key begins the code, the longest such key; None where none does."""
    for length in (6, 4, 2):
        if code[:length] in table:
            return table[code[:length]]
    return None


def choose_type(rng: random.Random, grammar: Grammar, node: Node) -> str:
    """A request type that makes sense here: nobody reports a wish to the police or praises a swindle."""
    rules = grammar.rules
    shares = by_code(rules["types_by_code"], node.code)
    if shares is None:
        if node.own_type and rng.random() < 0.85:
            return node.own_type
        shares = dict(rules["asking" if node.asking else "request_types"])
    shares = {kind: share for kind, share in shares.items() if groups(grammar, node, kind)}
    return draw(rng, shares)


def groups(grammar: Grammar, node: Node, request_type: str, *, formal: bool = False) -> dict[str, float]:
    """The groups of frames that fit this category and type, with their weights; empty where the type makes no sense."""
    told = {kind: bool(node.examples.get(kind)) for kind in ("statement", "question", "wish", request_type)}
    mended = node.code.startswith(tuple(grammar.rules["mended"]))
    offence = node.code.startswith(tuple(grammar.rules["offences"]))
    sense = {"表扬": mended, "举报": offence and not node.asking}.get(request_type, True)
    weights = {
        "plain": 6 * told[request_type],
        "statement": (3 if request_type == "咨询" else 8) * (told["statement"] and sense),
        "question": 9 * told["question"],
        "wish": 5 * told["wish"],
        "procedure": 1.5 * node.asking,
        "topic": 1.2 * (sense and not (node.asking and request_type != "咨询")),
        "about": 4 * (formal and sense and bool(node.description)),
    }
    return {group: weight for group, weight in weights.items() if weight and group in grammar.frames[request_type]}


def choose_example(rng: random.Random, node: Node, group: str, request_type: str) -> str:
    """The example that fills the frame; topics and procedures need none."""
    kind = request_type if group == "plain" else group
    examples = node.examples.get(kind, ())
    return rng.choice(examples) if examples else ""


def choose_place(rng: random.Random, grammar: Grammar, node: Node) -> tuple[Spot | None, str]:
    """A place and the words for it; none where the resident gives no address."""
    without = grammar.rules["without_place"] * (2.4 if node.asking else 1)
    if rng.random() < without:
        return None, ""
    kind = draw(rng, {"compound": 45, "road": 27, "landmark": 6, "community": 13, "street": 5})
    spot = rng.choice(grammar.spots[kind])
    words = rng.choice(spot.words)
    if kind == "road" and spot.numbers:
        words = f"{spot.words[0]}{rng.randint(*spot.numbers)}号"
    if kind in {"compound", "road"} and rng.random() < 0.5:
        words += rng.choice(grammar.fragments["tail"])
    if kind not in {"street", "community"} and rng.random() < 0.15:
        words = grammar.street_names[spot.street] + words
    if rng.random() < 0.06:
        words = "玉泉区" + words
    return spot, words


def fill(rng: random.Random, grammar: Grammar, node: Node, request_type: str, voice: str) -> Draft:
    """Word one matter by a frame. Names of the taxonomy stand as marks until other words have been exchanged."""
    group = draw(rng, groups(grammar, node, request_type, formal=voice == "record"))
    example = choose_example(rng, node, group, request_type)
    spot, place = choose_place(rng, grammar, node)
    frame = rng.choice([frame for frame in grammar.frames[request_type][group] if place or "{P}" not in frame])
    if "{p}" not in frame.lower():
        spot, place = None, ""

    def some(name: str, share: float) -> str:
        return rng.choice(grammar.fragments[name]) if name not in silent and rng.random() < share else ""

    silent = {"elderly": {"open", "who"}, "record": {"open", "who", "bye", "mood"}}.get(voice, set())
    effects = grammar.effects.get(node.second) or grammar.effects.get(node.first) or grammar.effects["其他"]
    text = frame.format(
        s=example,
        q=example,
        t=NAME,
        d=node.description,
        k=KEYWORD,
        p=PLACE if place else "",
        P=PLACE,
        open=some("open", 0.5),
        since="" if example and _SAYS_WHEN.search(example) else some("since", 0.5),
        tried=some("tried", 0.5),
        mood=some("mood", 0.5),
        who=some("who", 0.8),
        bye=some("bye", 0.7),
        thanks=some("thanks", 0.9),
        tel=some("tel", 0.4),
        effect=rng.choice(effects) if rng.random() < 0.5 else "",
        ask=rng.choice(grammar.ask[request_type]) if rng.random() < 0.7 else "",
    )
    names = {NAME: short_name(rng, node), KEYWORD: rng.choice(node.keywords or (node.name,))}
    return Draft(node, request_type, example, text, spot, place, names=names)


def short_name(rng: random.Random, node: Node) -> str:
    """A category's name as people would say it: one half of 电动车与头盔质量."""
    halves = [half for half in re.split("[与和、]", node.name) if len(half) > 2]
    return rng.choice(halves) if len(halves) > 1 else node.name


def add_matter(rng: random.Random, grammar: Grammar, draft: Draft) -> None:
    """A second matter behind the first; the label stays that of the first."""
    other = rng.choice(grammar.nodes)
    tells = other.examples.get("statement", ())
    if not tells or other.code[:4] == draft.node.code[:4]:
        return
    joint = rng.choice(("。另外，", "，还有一个事，", "。第二件事，", "；顺便说一下，", "。对了，", "，再一个就是"))
    draft.text = draft.text.rstrip("，。！") + joint + rng.choice(tells)
    draft.also.append(other.code)


def urgency_of(grammar: Grammar, draft: Draft) -> str:
    """normal, urgent or emergency: by the signs in what happened, unless the text takes them back."""
    signs = grammar.rules["urgency"]
    happened = draft.request_type in {"投诉", "求助", "举报"} and not re.search(signs["unless"], draft.source)
    for level in ("emergency", "urgent"):
        if happened and re.search(signs[level], draft.source):
            return level
    return "normal"


def title_of(rng: random.Random, draft: Draft, channel: str) -> str:
    """A subject where the channel has one: what it is about, or the first words of the text."""
    if channel not in {"web", "mailbox", "city"} or rng.random() < 0.1:
        return ""
    first = re.split(r"[，。！？：；\n]", draft.said(draft.text).lstrip("，"))
    subject = rng.choice((draft.node.name, rng.choice(draft.node.keywords or (draft.node.name,)), ""))
    if not subject:
        return max(first[:4], key=len)[:24]
    shape = rng.choice(("关于{p}{t}的来信", "{t}", "{p}{t}", "反映{p}{t}的情况", "关于{t}", "{t}（{p}）"))
    return shape.format(p=draft.place, t=subject).replace("（）", "")


def moment(rng: random.Random, grammar: Grammar) -> datetime:
    """A time within the fictional period, mostly by day."""
    start, end = map(date.fromisoformat, grammar.rules["period"])
    day = start + timedelta(days=rng.randrange((end - start).days + 1))
    hour = rng.choices(
        range(24), weights=[2, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 12, 8, 9, 13, 14, 13, 12, 10, 10, 9, 8, 6, 3]
    )
    return datetime.combine(day, time(hour[0], rng.randrange(60), rng.randrange(60)), CHINA)


def appeal(rng: random.Random, grammar: Grammar, node: Node, number: int) -> dict[str, Any]:
    """One labelled appeal, ready to be written."""
    request_type = choose_type(rng, grammar, node)
    channel = draw(rng, grammar.rules["channels"])
    voice = draw(rng, grammar.rules["voices"][channel])
    draft = fill(rng, grammar, node, request_type, voice)
    if rng.random() < grammar.rules["second_matter"] and request_type in {"投诉", "求助"}:
        add_matter(rng, grammar, draft)
    draft.text = mend(exchange(rng, draft.text, grammar.swaps, rng.randint(0, 3)))
    if voice == "dialect":
        draft.text = exchange(rng, draft.text, grammar.dialect, rng.randint(1, 3))
    if voice in {"slip", "spoken"} or rng.random() < 0.08:
        draft.text = exchange(rng, draft.text, grammar.slips, rng.randint(1, 2))
    title = title_of(rng, draft, channel)
    feeling = {"投诉": "emoji_cross", "举报": "emoji_cross", "表扬": "emoji_glad"}.get(request_type, "emoji")
    fragments = {**grammar.fragments, "emoji": grammar.fragments[feeling]}
    spoken = draft.said(speak(rng, voice, draft.text, fragments))
    row: dict[str, Any] = {
        "id": f"S{node.code}-{number:02d}",
        "channel": channel,
        "title": title,
        "text": spoken,
        "category": node.code,
        "request_type": request_type,
        "urgency": urgency_of(grammar, draft),
        "street": draft.spot.street if draft.spot else "",
        "community": draft.spot.community if draft.spot else "",
        "time": moment(rng, grammar).isoformat(),
    }
    return row | ({"also": draft.also} if draft.also else {})


def appeals(grammar: Grammar, nodes: Iterable[Node] | None = None) -> Iterator[dict[str, Any]]:
    """All labelled appeals, category by category; no text comes twice within a category.

    ``nodes`` restricts them to some categories: what is made of a category does not depend on the others,
    but for the rare second matter.
    """
    for node in grammar.nodes if nodes is None else nodes:
        rng = random.Random(f"{grammar.rules['seed']}:{node.code}")  # noqa: S311 - samples, not secrets
        seen: set[str] = set()
        number = 0
        while number < grammar.rules["per_category"]:
            row = appeal(rng, grammar, node, number + 1)
            if row["text"] not in seen:
                seen.add(row["text"])
                number += 1
                yield row


def as_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """JSON Lines as the file holds them."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def main(arguments: Sequence[str] = ()) -> None:
    """Write ``appeals.jsonl`` beside this file, or where the first argument says."""
    target = Path(arguments[0]) if arguments else FOLDER / "appeals.jsonl"
    target.write_text(as_lines(appeals(load())), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
