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

from packs.demo.samples.voices import Pairs, exchange, mend, pairs, speak

FOLDER = Path(__file__).parent
CHINA = timezone(timedelta(hours=8))
NO_TYPE_OF_ITS_OWN = ("statement", "question")

_ASKS = re.compile(
    r"吗|怎么|咋|哪|多少|能不能|可不可以|可以不|是不是|什么|谁|如何|多久|啥|呢$|有没有|算不算|行不行|几岁|几天|几年|多大|合法不"
)
_TELLS = re.compile(r"没人|谁也|谁都|怎么都|怎么也|怎么打|怎么说都|什么都|什么也|哪儿都|哪都|说不清|不知道|老是|也不")
_OWN_TYPE = (
    ("表扬", re.compile(r"感谢|表扬|点赞|谢谢|锦旗|好评|致谢|称赞")),
    ("举报", re.compile(r"举报|检举|线索")),
    (
        "建议",
        re.compile(
            r"建议|希望|能不能(多|增|加|建|设|改|开|把|搞|给|在|让)|应该|不如|最好|可不可以(多|增|加|建|设|改|开|把)"
        ),
    ),
)
_SAYS_WHEN = re.compile(r"[天年月周]|礼拜|小时|星期|去|昨|今|刚|早上|凌晨|半夜|一直|从")


@dataclass(frozen=True, slots=True)
class Node:
    """A third-level category (三级分类) as the taxonomy file states it."""

    code: str
    first: str
    name: str
    description: str
    keywords: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]
    """Examples by kind: ``statement``, ``question``, or the request type that they state themselves."""

    @property
    def asking(self) -> bool:
        """Whether people mostly ask here (matters handled at a window) rather than complain."""
        return len(self.examples.get("question", ())) * 2 > sum(map(len, self.examples.values()))

    @property
    def own_type(self) -> str | None:
        """The request type that most examples state themselves, if any (praise and suggestions)."""
        total = sum(map(len, self.examples.values()))
        for kind, texts in self.examples.items():
            if kind not in NO_TYPE_OF_ITS_OWN and len(texts) * 2 > total:
                return kind
        return None


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
    """One appeal while it is being worded; ``text`` holds no place yet, a NUL stands for it."""

    node: Node
    request_type: str
    source: str
    text: str
    spot: Spot | None = None
    place: str = ""
    also: list[str] = field(default_factory=list)


def lines(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def kind_of(example: str) -> str:
    """Which kind an example is: it asks, it tells, or it states its own request type (建议, 表扬, 举报)."""
    for name, sign in _OWN_TYPE:
        if sign.search(example):
            return name
    asks = _ASKS.search(example) and (example.endswith(("吗", "呢")) or not _TELLS.search(example))
    return "question" if asks else "statement"


def read_nodes(path: Path) -> tuple[Node, ...]:
    nodes = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if len(row["code"]) != 6:
                continue
            examples: dict[str, tuple[str, ...]] = {}
            for text in filter(None, row["examples"].split("|")):
                kind = kind_of(text)
                examples[kind] = (*examples.get(kind, ()), text.rstrip("。！？?"))
            keywords = tuple(filter(None, row["keywords"].split("|")))
            description = row["description"].rstrip("。")
            nodes.append(Node(row["code"], row["一级分类"], row["三级分类"], description, keywords, examples))
    return tuple(nodes)


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


def choose_type(rng: random.Random, grammar: Grammar, node: Node) -> str:
    if node.own_type and rng.random() < 0.85:
        return node.own_type
    return draw(rng, grammar.rules["asking" if node.asking else "request_types"])


def choose_group(rng: random.Random, node: Node, request_type: str) -> tuple[str, str]:
    """Group of frames and the example that fills them; a topic frame needs no example."""
    own, tells, asks = (node.examples.get(kind, ()) for kind in (request_type, "statement", "question"))
    weights: dict[str, float] = {"topic": 2}
    if node.description:
        weights["about"] = 0.6
    if own:
        weights["plain"] = 6
    if tells:
        weights["statement"] = 3 if request_type == "咨询" else 8
    if asks and request_type == "咨询":
        weights["question"] = 9
    group = draw(rng, weights)
    if group in {"topic", "about"}:
        return group, ""
    return group, rng.choice({"plain": own, "statement": tells, "question": asks}[group])


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


def fill(rng: random.Random, grammar: Grammar, node: Node, request_type: str) -> Draft:
    """Word one matter by a frame."""
    group, example = choose_group(rng, node, request_type)
    spot, place = choose_place(rng, grammar, node)
    frame = rng.choice([frame for frame in grammar.frames[request_type][group] if place or "{P}" not in frame])
    if "{p}" not in frame.lower():
        spot, place = None, ""

    def some(name: str, share: float) -> str:
        return rng.choice(grammar.fragments[name]) if rng.random() < share else ""

    effects = grammar.effects.get(node.first, grammar.effects["其他"])
    text = frame.format(
        s=example,
        q=example,
        t=node.name,
        d=node.description,
        k=rng.choice(node.keywords or (node.name,)),
        p="\0" if place else "",
        P="\0",
        open=some("open", 0.5),
        since="" if example and _SAYS_WHEN.search(example) else some("since", 0.5),
        tried=some("tried", 0.5),
        mood=some("mood", 0.5),
        who=some("who", 0.9),
        bye=some("bye", 0.7),
        thanks=some("thanks", 0.9),
        tel=some("tel", 0.4),
        effect=rng.choice(effects) if rng.random() < 0.5 else "",
        ask=rng.choice(grammar.ask[request_type]) if rng.random() < 0.7 else "",
    )
    return Draft(node, request_type, example, text, spot, place)


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
    first = re.split(r"[，。！？：；\n]", draft.text.replace("\0", draft.place).lstrip("，"))
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
    draft = fill(rng, grammar, node, request_type)
    if rng.random() < grammar.rules["second_matter"]:
        add_matter(rng, grammar, draft)
    channel = draw(rng, grammar.rules["channels"])
    voice = draw(rng, grammar.rules["voices"][channel])
    draft.text = mend(exchange(rng, draft.text, grammar.swaps, rng.randint(0, 3)))
    if voice == "dialect":
        draft.text = exchange(rng, draft.text, grammar.dialect, rng.randint(1, 3))
    if voice in {"slip", "spoken"} or rng.random() < 0.08:
        draft.text = exchange(rng, draft.text, grammar.slips, rng.randint(1, 2))
    title = title_of(rng, draft, channel)
    spoken = speak(rng, voice, draft.text, grammar.fragments).replace("\0", draft.place)
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
