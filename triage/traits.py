"""What a text says beside its words, for telling whether two texts speak of one matter.

Doors (house, building, entrance, flat), names and numbers that stand for one thing (a shop, a line, a plate, a
receipt), and the writer's stance: asking about a rule, against something, wanting more or less of it, praising.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from district import numerals

_N = r"(\d{1,4}|[一二三四五六七八九十]{1,3}|[A-Za-z])"
_DOORS = (
    ("楼", re.compile(rf"{_N}\s?(?:号楼|号院?楼|栋|幢|座)(?!梯)")),
    ("院", re.compile(rf"{_N}\s?号?院(?!长)")),
    ("单元", re.compile(rf"{_N}\s?(?:单元|门洞)")),
    ("室", re.compile(r"(?<![\d.A-Za-z])(\d{3,4})(?:室|号?房间?|户|(?=装修|业主|住户|家|门口|漏|厨|卫|阳台|空调))")),
    ("梯", re.compile(rf"{_N}\s?号?(?:那部|那个|的)?(?:电?梯|货梯|客梯)")),
    ("号", re.compile(r"(?<=[路街巷同弄村组里道])(\d{1,4}|[一二三四五六七八九十百]{1,5})号(?![楼线院栋])")),
    ("期", re.compile(rf"{_N}\s?期(?![间限末待望])")),
    ("组", re.compile(rf"{_N}\s?组")),
    ("班", re.compile(rf"{_N}\s?班(?![次车主])")),
    ("村", re.compile(r"(?<=[一-龥])([一二三四五六七八九十])(?:村|区|里|马路|号井)")),
    ("片", re.compile(r"([东西南北])(?:里|区|院|苑|园)(?!长)")),
    ("门", re.compile(r"(?<![\d号])([东西南北])(?:侧|大|小)?门(?![大外里]?[街路桥关])")),
    ("层", re.compile(rf"(?<!楼){_N}(?:层(?!楼)|楼(?![道下上梯顶房盘栋群宇号市]))")),
)
DOORS = tuple(kind for kind, _ in _DOORS)
_FLAT = re.compile(r"(\d{1,2})[-—](?:(\d)[-—])?(\d{3,4})(?!\d)")
_LINE = re.compile(r"(?<![A-Za-z\d])([A-Za-z]?\d{1,4})\s?(?:路(?!口)|号线|支线|线路|区间)")
_CODE = re.compile(r"(?<![A-Za-z\d])(?=[A-Za-z\-·. ]{0,6}\d)([A-Za-z\d]+(?:[-·.][A-Za-z\d]+)*)(?![A-Za-z\d])")
_TAIL = re.compile(
    r"(?:尾号?|尾数|末四位|末尾|末几位|编号|单号|合同|车牌号?|牌照?|号牌|牌尾|工号|订单|受理号?|回执号?|登记号?|流水号?|"
    r"证号|代码|发票|票号|账号|卡号|警号|胸牌|会员号?|户号|表号|案号|批号)(?:是|为|号|尾|后[三四五六]位|最后[三四五六]位|[:：])*\s*[\"“]?"
    r"[一-龥]?([A-Za-z\d][A-Za-z\d\-·.]*)"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Za-z]?[\s·.-]*([A-Za-z\d*]{4,6})(?![A-Za-z\d])"
)
_DIGITS = re.compile(r"(?<![\d.A-Za-z:])(\d{4,12})(?![\d.年元块米人月点万多平个毫只号路]|余元)")
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")
_QUOTED = re.compile(r"[\"“”「『《]([^\"“”」』》\s]{2,12})[\"“”」』》]")
_PUBLIC = re.compile(
    r"区(?:图书|博物|文化|体育|档案|科技|政务|社保|行政|妇幼|人民|中心)[一-龥]{0,3}?(?:馆|大厅|中心|医院|院)"
)
_SUM = re.compile(
    r"(?<!\d)(\d{2,7}(?:\.\d{1,2})?)\s?(?:元|块(?!儿)|圆)|(?:收|扣|花|交|付|充|欠|要|差)了?(?:我|他|她)?(\d{2,7})(?![\d年月日号点路栋])"
)

_FIGURE = re.compile(r"(?<!\d)(?!20[23]\d)\d{3,}")


class Stance(StrEnum):
    """How a writer stands to the matter."""

    ASKS = "咨询"
    AGAINST = "反对"
    CHASES = "催办"
    PRAISES = "表扬"
    MORE = "要求增设或保留"
    LESS = "要求禁止或取消"


_STANCES = (
    (
        Stance.ASKS,
        re.compile(
            r"^\W*(?:来电)?(?:市民|群众|居民|家长|业主|来电人)?(?:来电)?(?:咨询|询问|请问|问一下|想问|我想问|想了解|想咨询|打听)"
            r"|(?:请问|咨询|问一下|想问|询问).{0,24}(?:标准|条件|材料|手续|流程|规定|政策|什么证|多少钱|(?<!恢复)时间|电话|地址|怎么办理|能不能|能否|是否|允许|可以)"
            r"|(?:需要|带|准备)(?:什么|哪些)(?:材料|手续|证)|(?:要|需要?|得)(?:多少(?:户|人|钱)|啥|什么|哪些|先)|多少(?:户|人)(?:同意|签字)|去[^,。;!?]{1,8}还是|啥条件|上哪儿?(?:办|交|报|领|开)|(?:可以|可不可以)[^,。;!?没]{1,10}(?:吗|么|不)\W*$"
            r"|怎么(?:算|办理|申请|申领|报名|收费|处理)(?:[?？\s]|$)|还能.{0,6}吗"
        ),
    ),
    (
        Stance.AGAINST,
        re.compile(
            r"反对|不同意|不赞成|抗议|(?:不要|不能|别|不许|不应|不该|禁止|坚决不)(?:再)?(?:安装|加装|装|建|修剪|剪|砍|拆|关|开放|打开|设|改|取消|撤|搬|增设|给)"
            r"|(?:希望|要求|建议|请|应该?|应当)[^，,。;；!！?？]{0,8}?(?:继续)?(?:保留|保持|维持|继续)|别给|(?:千万|可)别"
        ),
    ),
    (
        Stance.CHASES,
        re.compile(
            r"催|(?:再次|第[二三四五]次|多次)(?:来电|反映|投诉|到窗口|打)|(?:上次|之前|上个?月|上周|月初|月底|[上中下]旬|前|月)(?:反映|投诉|报|打(?:过|的)电话|说|提)(?:过|的|了)"
            r"|(?:至今|一直|还)(?:没|未|无)(?:人|有|见|任何|修|处理|解决|来|收到|动静)|办理?进度|处理结果|处理了?没有|还在(?:那儿?|呢)"
        ),
    ),
    (
        Stance.MORE,
        re.compile(
            r"(?:建议|希望|请|要求|能不能|能否|可否|给)[^,。;!?]{0,10}(?:增加|增设|加设|增开|增派|设置|设立|划定|划个|划一|恢复|保留|开放|打开|允许|装[个一上]|安装|延长|放开|开通)"
            r"|(?:不让|不许|不准|禁止|取消|撤|拆|铲|停)[^,。;!?]{0,12}(?:不合理|凭什么|没地|怎么办|谁赔|恢复|不方便)|还没地儿|不让停"
        ),
    ),
    (
        Stance.LESS,
        re.compile(
            r"(?:请|要求|希望|建议|应|赶紧|强烈要求|能不能)[^,。;!?]{0,10}(?:禁止|取缔|拆除|拆掉|搬走|搬迁|迁走|移走|撤掉|停止|关闭|封上|封闭|清走|制止|取消|赶走)"
            r"|没人管[吗么]|太吵|扰民|(?:别|不要)再|乱(?:停|放|摆)|圈占|私自|违规"
        ),
    ),
    (
        Stance.PRAISES,
        re.compile(
            r"感谢|谢谢(?:你们|他|她|小|老|师傅|大)|表扬|点赞|锦旗|大大的赞|真(?:好|棒|不错)|太(?:好|棒|有耐心|热心)|好评|暖心"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Traits:
    """``doors``: (kind, number). ``codes``: receipts, plates, lines, phones in plain form; ``lines`` only bus and metro
    lines; ``names`` stand in quotes; ``figures`` are sums of money and other numbers of three digits and more.
    """

    doors: frozenset[tuple[str, str]] = frozenset()
    codes: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    stances: frozenset[Stance] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()
    """Where doors, codes and lines stand in the text."""


def read(text: str) -> Traits:
    """The traits of a text in plain (narrow) characters."""
    doors, codes, lines = list(_doors(text)), list(_codes(text)), list(_found(text, _LINE))
    return Traits(
        frozenset((kind, number) for kind, number, _ in doors),
        frozenset(code for code, _ in codes),
        frozenset(_plain(line) for line, _ in lines),
        frozenset([*_QUOTED.findall(text), *_PUBLIC.findall(text)]),
        frozenset([*(str(int(float(one or other))) for one, other in _SUM.findall(text)), *_figures(text, doors)]),
        frozenset(stance for stance, pattern in _STANCES if pattern.search(text)),
        (*(span for _, _, span in doors), *(span for _, span in (*codes, *lines))),
    )


def _figures(text: str, doors: Iterable[tuple[str, str, tuple[int, int]]]) -> frozenset[str]:
    return frozenset(_FIGURE.findall(text)) - frozenset(number for _, number, _ in doors)


def _doors(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for found in _FLAT.finditer(text):
        yield "楼", found[1], found.span()
        yield "室", found[3], found.span()
    for kind, pattern in _DOORS:
        for found in pattern.finditer(text):
            yield kind, _number(found[1]), found.span()


def _codes(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for pattern in (_TAIL, _PLATE, _PHONE, _DIGITS):
        for code, span in _found(text, pattern):
            if len(_plain(code)) > 2 and any(each.isdigit() for each in code):
                yield _plain(code), span
    for code, span in _found(text, _CODE):
        plain = _plain(code)
        if len(plain) > 3 and not plain.isdigit():
            yield plain, span


def _found(text: str, pattern: re.Pattern[str]) -> Iterable[tuple[str, tuple[int, int]]]:
    return ((found[1], found.span(1)) for found in pattern.finditer(text))


def _plain(code: str) -> str:
    """A code without what is written between its parts, lower case."""
    return re.sub(r"[^a-z\d*]", "", code.lower())


def _number(text: str) -> str:
    value = numerals.value(text)
    return text.upper() if value is None else str(value)
