"""What part a place plays in a text: where the matter lies, where the writer lives, which office he asked.

Told by the words around a name, within its clause. They are words of the language, not of a district.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from re import Pattern

from district.schemas import PlaceKind


class Role(IntEnum):
    """The part of a mention; the lower, the more it says of where the matter lies."""

    MATTER = 0
    BESIDE = 1
    """What another place is described by: 对面, 往东200米."""
    THEIRS = 2
    """Where somebody lives for whom the writer speaks."""
    HOME = 3
    WAY = 4
    """Where somebody works, comes from or goes to."""
    OFFICE = 5
    """A body that was asked, or that answered."""
    BEFORE = 6
    """Where an earlier matter lay, told beside a new one."""
    ELSEWHERE = 7
    """No place of the matter: another district, what it is compared with, "not in"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: ``text[start:end]``, and the kinds of the places that go by it."""

    start: int
    end: int
    kinds: frozenset[PlaceKind]


@dataclass(frozen=True, slots=True)
class _Cue:
    """A role told by what stands before the name and after it. ``bodies``: only of streets, communities, offices."""

    role: Role
    before: Pattern[str] | None = None
    after: Pattern[str] | None = None
    bodies: bool = False


_MOST = 40
"""Mentions looked at: of a text that names more places, nobody lives in the rest."""
_GAP = 5
_SEEN = 20
"""Characters looked at on either side."""
_BREAK = re.compile(r"[。！？!?；;\n，,、：:（）()…~～ \t]")
_BODIES = frozenset({PlaceKind.STREET, PlaceKind.COMMUNITY})
_OFFICE_NAME = re.compile("(?:居委会?|居民委员会|街道办|街办|办事处|服务站|派出所|司法所|城管队|执法队|社保所|监管所)$")
_SPOT = (
    r"(?:的|大院|院内|这个)?(?:门口|大门|门前|楼下|楼前|楼后|院里|院内|院子|旁|附近|对面|对过|斜对|周边|周围|后面|前面|"
    r"后身|[东西南北][侧边门面]|路口|一带|辖区|境内|范围|路段)"
)
_SPEAKS = (
    r"(?:(?:那边|这边|方面|的?工作人员|的?人|的?领导|书记|主任|网格员|的?民警|物业|窗口)?"
    r"(?:也|都|却|只|就|只是|已经?|又|还|总是?|一直|老是?|每次都?|当时|后来|今天|昨天){0,2}"
    r"(?:说|答复|回复|答应|让我|叫我|让找|叫找|称|表示|推[给诿脱来说]|互相|不管|不理|不受理|不接|不给|拒绝|派人|来人|来过|解释|承诺|"
    r"登记|受理|协调|反馈|上门|没人(?:接|理|来|管)|没(?:有)?(?:答复|回复|回音|下文|解决|处理)|归))"
)
_BODY = r"的?(?:居委会?|街道办?|派出所|工作人员|办事处|领导|主任|书记|民警|网格员|人员|窗口|城管|执法队)"
_ERRAND = (
    r"(?:里|那边|那儿)?(?:上班|工作|任教|教书?|当老师|上学|读书|念书|买菜|买东西|看病|就医|就诊|住院|打疫苗|逛|接孩子|接送|办事|办理|办证|吃饭|散步|锻炼|"
    r"坐地铁|坐车|乘车|换乘|开店|打工|做生意|玩)"
)
_NEXT_DOOR = re.compile(r".{0,8}[,，](?:而?是|在)(?:它的?)?(?:隔壁|对面|旁边|斜对|后面|前面)")
_PAST = re.compile(r"(?:上次|上回|前次|之前|以前|先前|去年|前年|上个?月|那次|曾经|早前|年初).{0,9}$")
_DONE = re.compile(
    r"[^。！？!?\n]{0,20}(?:修好|解决|处理好|处理完|整改完|弄好|搞好|清理干净|清走|恢复|办结|通了|亮了|装好|装上)(?!不|吗|没)"
)


def _before(words: str) -> Pattern[str]:
    return re.compile(rf"(?:{words})$")


_CUES = (
    _Cue(Role.ELSEWHERE, _before("不是|不在|并非|而非|不属于|没在|不是说|不是指")),
    _Cue(Role.ELSEWHERE, _before("(?:以前|之前|原来|原先|过去|从前|曾经?|早先|当年|小时候).{0,4}(?:住在?|在|是)")),
    _Cue(Role.ELSEWHERE, _before("从"), re.compile(".{0,4}(?:搬|迁)")),
    _Cue(Role.ELSEWHERE, _before("像|好比|不如|比起|比照|参照|(?<!供)参考|学学|学习|借鉴|对比|相比|比不上|类似|如同")),
    _Cue(
        Role.ELSEWHERE,
        _before("人家|你看|您看|看看|瞧瞧|别的|其他|其它|为什么|为啥|凭什么|凭啥|怎么|听说|看到|看见"),
        re.compile(".{0,6}(?:就(?!没|不)|都(?!没|不)|早就|也(?!没|不)|能|可以)"),
    ),
    _Cue(Role.ELSEWHERE, _before("跟|和|与"), re.compile("(?:那边)?(?:一样|那样|相比|比)")),
    _Cue(Role.ELSEWHERE, None, re.compile("(?:那边|这边|那里|那儿)?(?:不是|不对|搞错|弄错|写错|说错)(?:的|了)")),
    _Cue(Role.ELSEWHERE, None, re.compile("那样|(?:的)?(?:做法|经验|模式)(?:很|就|值得|不错|可以)")),
    _Cue(
        Role.THEIRS,
        _before(
            "(?:[她他]们?家?|老人|老两口|[爸妈爹娘]|父母|父亲|母亲|岳[父母]|婆婆|公公|奶奶|爷爷|姥姥|姥爷|外公|外婆|女儿|儿子|孩子|姐|哥|妹|弟|姨|叔)"
            "(?:现在|一直|就|独自|一个人|单独)?住(?:在|的是)?"
        ),
    ),
    _Cue(
        Role.HOME,
        _before(
            r"(?<![不记])住(?:在|于|的是|的就是|到|进)?(?:了?[\d一二三四五六七八九十两几多]{1,3}年(?:多)?的?)?|居住(?:在|于)?|"
            r"家(?:就|是)?在|户口在|房子(?:就|买)?在|租房(?:子)?在|租住(?:在)?|我们?家(?:是)?|老家在|搬到了?|搬来了?|搬进"
        ),
    ),
    _Cue(Role.HOME, _before("(?:我|俺|咱|本人)们?(?:都?是|就是)"), re.compile(".{0,9}的")),
    _Cue(Role.HOME, None, re.compile(r".{0,8}(?:居民|业主|住户|租户|租客|房主|老街坊)(?!区|楼|委|会|大会|活动|群)")),
    _Cue(Role.WAY, _before("在|去|到|往|来|回|上|离开|前往"), re.compile(_ERRAND)),
    _Cue(Role.HOME, _before("在"), re.compile("(?:租房|租了|租的|租住|合租|居住)")),
    _Cue(Role.WAY, _before("去|到|回|来"), re.compile("的?(?:路上|途中|半路)")),
    _Cue(Role.WAY, _before("单位(?:就)?在|公司(?:就)?在|上班的?地方(?:就)?在|学校(?:就)?在")),
    _Cue(Role.WAY, _before("从"), re.compile("(?:出发|出来|回来|过来|下班|坐|骑|走|到|去|往|开|打车|回|送)")),
    _Cue(Role.WAY, _before("从.{2,12}(?:到|去|往|至|回|来)"), None),
    _Cue(
        Role.OFFICE,
        _before(
            "(?:找|问|联系|打|催|求助|咨询|通知|告知|反映|投诉|反馈|上报|报|转|推|派|交|去|来|叫|让|请|要求|希望|建议|由|被|经|向|跟|给|据|归|"
            "拨打|告诉|感谢|表扬|麻烦|劝|和)(?:过|了|给|到|在|完|去)*"
        ),
        re.compile(rf"(?!{_SPOT})"),
        bodies=True,
    ),
    _Cue(Role.OFFICE, None, re.compile(rf"{_SPEAKS}|{_BODY}(?!{_SPOT})"), bodies=True),
    _Cue(Role.BESIDE, _before("离|距离?|挨着|靠近?|毗邻|紧邻|临近|邻近|对着|正对|背靠|面对")),
)
_TO_THE_NEXT = re.compile(
    r"(?:[A-Za-z\d]{0,2}出?口|[东南西北]{1,2}门|门口)?"
    r"的?(?:正|斜)?(?:对面|对过|对门|旁边?|附近|隔壁|边上|边|周边|后面|前面|后身|不远|门口|外面?|里面?|"
    r"往?[东南西北]{1,2}[侧边面头走口]?)"
    r"(?:大?约?[\d一二三四五六七八九十百几两数]{1,4}多?米)?(?:左右)?(?:不远)?(?:处|的地方)?(?:的|有个?|是|那个|那家|这个|就是|,|，){0,2}"
)
_JOINED = re.compile(r"\s?(?:和|与|跟|同|及|以及|还有|、|/|-|—|到|至|交|x|×)?\s?")
_LISTED = re.compile(r"\s?(?:和|与|跟|同|及|以及|还有|、)\s?")
_CONTRAST = re.compile(
    r"[^。！？!?；;\n,，]{0,6}(?:(?:都|早就?|已经?|也|就)(?:有|装|修|改|建|加|能|可以|通|换|开|设|安|配|完成|弄|搞|实行)|[要在](?:加|装|改)|"
    r"[完好上]了)[^。！？!?；;\n,，]{0,10}[,，。；;？?！!](?:可是?|但是?|而|为什么|为啥|怎么|凭什么|同样|偏偏|就)?"
    r"(?:(?:我们?|咱们?|俺们?)|[^。！？!?；;\n,，]{2,16}(?:还没|没动静|没消息|什么时候|啥时候|一个都没|怎么(?:没|不)|为什么|却|还是))"
)
"""Told of one place and missed at the next: 甲都装了电梯，我们乙什么时候装."""
_METRES = re.compile(
    r"(?:大?约|有|大概|不到|将近|也就)?[\d一二三四五六七八九十百千几两数来多]{1,5}(?:多|来)?(?:米|公里|里地)"
)
_FAR_FROM = re.compile(r"(?:离|距离?)$")
_OUT = r"(?:[A-Za-z\d]{0,2}出?口|[东南西北]{1,2}门|门口|路口)?"
_AWAY = re.compile(rf"{_OUT}(?:出来)?再?[往向朝][东西南北前后]{{1,2}}[^，,。；;]{{0,6}}?{_METRES.pattern}")
_AROUND = re.compile(rf"{_OUT}(?:附近|周边|周围)")
_ADDED = re.compile(r"(?:的|\s|和|与|跟|及|以及|还有|、)?")
"""Between two places of which the second plays the part of the first."""
_WAY_TO = re.compile(r"\s?(?:到|去|往|至|回|来)\s?")
_CROSSING = re.compile(
    r".{0,2}(?:交叉|路口|交[汇会界口]|相交|十字|丁字|拐角|街角|转角|夹角|口(?!子|碑)|之间|中间|这段|路段|一段|段(?!时)|沿线|沿途)"
)


def roles(text: str, mentions: Sequence[Mention]) -> list[Role]:
    """The role of each mention; the mentions are in the order of the text and do not overlap."""
    found: list[Role] = []
    for number, mention in enumerate(mentions[:_MOST]):
        following = mentions[number + 1] if number + 1 < len(mentions) else None
        gap = text[mention.end : following.start] if following and following.start - mention.end < _SEEN else None
        if gap and _TO_THE_NEXT.fullmatch(gap):
            found.append(Role.BESIDE)
            continue
        if following and _CONTRAST.match(text, mention.end, following.end + _SEEN):
            found.append(Role.ELSEWHERE)
            continue
        # what stands before a narrower place without a gap (玉泉街道康泽佳园) is no office, whoever is asked
        role = _role(text, mention, body=mention.kinds <= _BODIES and gap != "")
        if role is Role.MATTER and number and _ADDED.fullmatch(text, mentions[number - 1].end, mention.start):
            role = found[-1] if found[-1] is not Role.BESIDE else role
        found.append(role)
    for number in range(len(found) - 2, -1, -1):
        one, other = mentions[number], mentions[number + 1]
        if one.end == other.start and one.kinds <= _BODIES and found[number + 1] is Role.HOME:
            found[number] = Role.HOME
    return [*found, *[Role.MATTER] * (len(mentions) - len(found))]


def is_away(text: str, mention: Mention) -> bool:
    """Whether what is meant lies some way from the place: 往东200米, or around a landmark, which is wide (公园附近)."""
    start, end = mention.start, mention.end
    wide = mention.kinds == {PlaceKind.LANDMARK} and _AROUND.match(text, end)
    if wide or _AWAY.match(text, end, end + _SEEN):
        return True
    return _FAR_FROM.search(text, max(0, start - _GAP), start) is not None and _METRES.match(text, end) is not None


def is_office(name: str) -> bool:
    """Whether a name of a street or community is that of its office: 街道办, 居委会."""
    return _OFFICE_NAME.search(name) is not None


def joined(text: str, mentions: Sequence[Mention]) -> set[int]:
    """The numbers of the mentions that go with the one before: roads of a crossing, ends of a way, a list."""
    found = set()
    for number in range(1, len(mentions)):
        one, other = mentions[number - 1], mentions[number]
        gap = text[one.end : other.start] if other.start - one.end < _GAP else "…"
        crossing = _JOINED.fullmatch(gap) and _CROSSING.match(text, other.end, other.end + _SEEN)
        way = _WAY_TO.fullmatch(gap) and text[max(0, one.start - 1) : one.start] == "从"
        if crossing or way or _LISTED.fullmatch(gap):
            found.add(number)
    return found


def _role(text: str, mention: Mention, *, body: bool) -> Role:
    before = _BREAK.split(text[max(0, mention.start - _SEEN) : mention.start])[-1]
    rest = text[mention.end : mention.end + _SEEN]
    after = _BREAK.split(rest, maxsplit=1)[0]
    if _NEXT_DOOR.match(rest):
        return Role.BESIDE
    if _PAST.search(before) and _DONE.match(text, mention.end):
        return Role.BEFORE
    for cue in _CUES:
        if cue.bodies and not body:
            continue
        if (cue.before is None or cue.before.search(before)) and (cue.after is None or cue.after.match(after)):
            return cue.role
    office = body and is_office(text[mention.start : mention.end]) and not re.match(_SPOT, after)
    return Role.OFFICE if office else Role.MATTER
