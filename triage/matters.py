"""Several matters in one message: cut where the writer turns to another, told by words or by the kind of the parts.

Sentences, lines and turns (另外, 还有就是, 二是) are weighed one after the other against what stands before
them: how far apart their categories lie, how sure the part's is, whether it goes on with the same words or as a story
does (他说…, 打过电话…, 希望…). The more sentences a text has, the more its story wanders, so the more an unmarked
turn must show.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from triage.assessment import CategoryGuess, Matter
from triage.text import fold

LOOKED_AT, PARTS = 3_000, 60
"""Characters of a text, and parts of it, that are looked at."""
MOST = 6
SHORTEST, SHORTEST_SENTENCE = 6, 10
"""Characters of a part, and of one that is no line and begins with no turn, below which it hardly is a matter."""
COMPARED = 200
"""Characters before a turn that a part is compared with."""
START, SURE, NEAR, SHARED, GOES_ON, BRIEF, NEW_LINE = 0.1, 0.9, 2.0, 0.2, 1.3, 1.0, 0.1
MARKED, SENTENCE, FREE, POINT = 0.35, 0.35, 3, 0.8
"""What speaks for and against a turn. From the ``FREE``-th sentence on each costs an unmarked turn ``SENTENCE``; a
numbered point of a text that announces no list belongs to what it argues for."""

_END = re.compile(r"[。！？!?；;\n]+|(?<=[一-鿿])[ 　]+(?=[一-鿿A-Za-z])")
_TURN = re.compile(
    r"(?:^|(?<=[\s，,。；;！？!?]))(?:而且|对了[，,]?|再)?"
    r"(?:另外|另(?=[，,一])|此外|还有(?:就是|一个|一件|一点|[件个我旁那楼门，,])|仲有|顺便|顺带|再(?:就是|反映|问|说)|其次"
    r"|同时(?=反映|想问|问)|末了|最后(?=提|问|说|再)|然后我?(?=要|还)|我个?人?还(?:有|想|要)(?:个|问|反映)"
    r"|(?:然后)?(?:那个)?第[二三四五六](?![天次者名季年回遍])|[二三四五六]是"
    r"|[2-9][、.．)）](?!\d)|[二三四五六][、.]|[（(][2-9二三四五][)）]|[②③④⑤])"
)
_NUMBERED = re.compile(
    r"(?:然后)?(?:那个)?(?:[2-9二三四五六][、.．)）]|[二三四五六]是|第[二三四五六]|[（(][2-9二三四五]|[②③④⑤])"
)
_LIST = re.compile(
    r"(?:[两二三四五几2-5]|多)(?:件|个|点)(?:事|问题|诉求|情况)|第一(?:个|件)|^\s*(?:1[、.．)）]|一[、是]|①|[（(][1一])"
)
_GOES_ON = re.compile(
    r"[^，,。]{0,8}也(?!许)|他|她|它|这(?!次|回)|那(?:边|里|人|家|块|个人)|都|也|并|而且|但|可是|不过|所以|因为|结果|后来|再后来|现在|目前|请(?!问|把)"
    r"|希望|要求|建议|麻烦|劳驾|要是|如果|万一|不然|否则|谢谢|多谢|感谢|此致|敬礼|辛苦|盼|我们?(?:的?诉求|愿意|不是|问过|建议|要求|已经"
    r"|反映|打过|找过|跟|去|也|曾|报过)|(?:修|打|报|找|反映|投诉|催|来|去)(?:过|了)|报修|物业|保安|说|据说|听说|跟|对方|合同|前后"
    r"|一共|总共|回复|接线|客服|为这|为此|具体|详细|地址|位置|电话|联系|附|就|只|没|不|再不|难道|到底|究竟|每|天天|一到"
    r"|早上|晚上|上午|下午|夜里|白天|昨天|前天|今天(?!又来)|去年|上次|最近|多次|其中|至于|家里|楼里|需要|再说|除了|要用|上班|啥时候|等到|一件事|问(?=的|收|他|她|就)|不就|哪怕|主要|比如|例如"
)
_GREETING = re.compile(
    r"(?:您好|你好|大家好|喂|领导好|尊敬的|祝|唔该|早上好|下午好|同志|我是一[名个]|我叫)[^，,。]{0,16}[。！!，,；;\s]*$"
)
_ONE = re.compile(r"(?:诉求|要求|问题|事)(?:就|只有)一个|只(?:为|说|有)?一件事|一回事|就这(?:一件)?事")
_BLANK = re.compile(r"[^一-鿿]+")
_COMMON = frozenset({
    "我们", "你们", "他们", "没有", "一个", "这个", "那个", "怎么", "什么", "可以",
    "能不", "不能", "能给", "现在", "时候", "已经", "自己", "还有", "另外", "知道",
    "就是", "请问", "小区", "孩子", "社区", "问题", "反映", "门口", "晚上", "早上",
    "每天", "今天", "希望",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What a part is about: best category, its probability by first-level category, the best second-level one's."""

    guess: CategoryGuess
    areas: npt.NDArray[np.floating]
    sure: float


def split(text: str, whole: CategoryGuess, judge: Callable[[str], Kind]) -> tuple[Matter, ...]:
    """The separate matters in order, one at least; together they cover the text. ``judge`` classifies a part."""
    plain = fold(text[:LOOKED_AT])
    parts = [] if _ONE.search(plain) else _parts(plain)
    found: list[tuple[int, Kind]] = []
    start, kind = 0, None
    for at, end in parts[1:PARTS]:
        part = plain[at:end]
        if not found and at < COMPARED and _opens(plain[:at]):
            continue
        other = _turned(plain, start, at, part, len(parts), judge)
        if other is None:
            continue
        if kind is None:
            kind = judge(text[start:at])
            found.append((0, kind))
        if all(other.guess.code != before.guess.code for _, before in found) and len(found) < MOST:
            found.append((at, other))
            start = at
    if len(found) < 2:
        return (Matter(0, len(text), whole),)
    ends = [at for at, _ in found[1:]] + [len(text)]
    return tuple(Matter(at, end, kind.guess) for (at, kind), end in zip(found, ends, strict=True))


def _opens(before: str) -> bool:
    """Whether nothing but a greeting stands before."""
    return _GREETING.match(before.strip()) is not None or len(_words(before)) < 2


def _turned(plain: str, start: int, at: int, part: str, sentences: int, judge: Callable[[str], Kind]) -> Kind | None:
    """What the part is about where it turns to something else; None where it goes on."""
    turn = _TURN.match(plain, at)
    body = plain[turn.end() : at + len(part)] if turn else part
    point = _NUMBERED.match(part) is not None and _LIST.search(plain[:at]) is None
    marked = turn is not None and not point
    line = plain[at - 1].isspace()
    score = START + MARKED * marked + NEW_LINE * line
    score -= 0 if marked else SENTENCE * max(0, sentences - FREE)
    short = len(body.strip()) < (SHORTEST if marked or line else SHORTEST_SENTENCE)
    score -= POINT * point + GOES_ON * (0.5 if marked else 1) * bool(_GOES_ON.match(body.lstrip())) + BRIEF * short
    if score + SURE <= 0:
        return None
    before, here = judge(plain[max(start, at - COMPARED) : at]), judge(body)
    near = float(before.areas @ here.areas / np.sqrt((before.areas @ before.areas) * (here.areas @ here.areas)))
    shared = min(2, len(_words(plain[max(start, at - COMPARED) : at]) & _words(body[:COMPARED])))
    score += SURE * here.sure - NEAR * near - SHARED * shared
    return here if score > 0 else None


def _parts(plain: str) -> list[tuple[int, int]]:
    """Start and end of what may be a matter: cut at the ends of sentences and at turns."""
    cuts = {found.end() for found in _END.finditer(plain)} | {found.start() for found in _TURN.finditer(plain)}
    inner = sorted(cut for cut in cuts if 0 < cut < len(plain))
    bounds = [0, *inner, len(plain)]
    return [(at, end) for at, end in pairwise(bounds) if plain[at:end].strip()]


def _words(text: str) -> set[str]:
    """Pairs of characters, for want of words; the commonest left out."""
    plain = _BLANK.sub(" ", text)
    return {plain[at : at + 2] for at in range(len(plain) - 1) if " " not in plain[at : at + 2]} - _COMMON
