"""Organisations a text names: units of the district by name, others by the word that ends theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import Pattern

from district.schemas import Unit, UnitKind

_HAN = "\u4e00-\u9fff"
_ENDS = (
    "(?:股份|责任)?有限(?:责任)?公司|物业管理公司|物业公司|公司|集团|物业服务中心|物业服务处|物业管理处|物业中心|物业|派出所|公安局|公安分局|交警[大支]?队|消防[大支]?队|"
    "城管执法局|城管执法队|执法[大支中]?队|执法局|监管局|监管所|管理局|居委会|居民委员会|业委会|业主委员会|街道办事处|街道办|办事处|"
    "服务中心|服务站|活动中心|卫生院|卫生站|卫生所|诊所|医院|学校|小学|中学|大学|学院|职高|幼儿园|托儿所|培训机构|培训中心|培训学校|"
    "教育机构|银行|支行|营业厅|供电所|供电局|自来水厂|热力站|加油站|超市|便利店|饭店|餐厅|餐馆|饭馆|酒店|宾馆|旅馆|酒吧|网吧|歌厅|"
    "健身房|美容院|美容店|理发店|[汤菜茶]馆|饭庄|辅导班|补习班|托管班|兴趣班|4S店|火锅店|烧烤店|烤肉店|面馆|早餐店|药店|药房|旗舰店|专卖店|菜市场|商场|商店|商行|门市部|经营部|工作室|"
    "俱乐部|艺术团|训练营|管理处|管委会|保洁队|施工队|社保中心|政务大厅|养老院|敬老院|洗车行|橱柜|建材|家居|家具|家电|电器|汽修|装饰|装修公司|地产|房产|烧烤|火锅|麻辣烫|奶茶|英语|舞蹈|画室|培训|教育|配送|快递|之家|影楼|摄影|汽修厂|修理厂|旅行社|中介|工厂|项目部|工程队|搬家公司"
)
_FIRST = "".join(sorted({end[0] for end in re.sub(r"\[.*?\]\??|\(.*?\)\?", "", _ENDS).split("|")} | {"股", "责"}))
_END = re.compile(
    rf"(?=[{_FIRST}])(?:{_ENDS})(?:[{_HAN}]{{0,8}}?(?:(?:股份|责任)?有限(?:责任)?公司|分公司|分店|总店|分院|总院|支行))?(?![楼们路街巷站门长])"
)
_LONGEST = 18
_PLAIN = re.compile(rf"[{_HAN}A-Za-z0-9·]*$")
_QUOTED = re.compile(r"[“「『《\"][^“”「」『』《》\"]{1,16}$")
_CLOSING = frozenset('”」』》"')
_LEADING = re.compile(
    r".*(?:[在到给向被是的与找去了说让从跟由把叫问个请求着且但而也那这归送回派变成写经换要专]|反映|投诉|举报|咨询|附近|旁边|对面|我们|楼下|门口|要求|希望|"
    r"建议|联系|现在|经过|负责|路过|一楼|二楼|[一二三四五六七八九十\d]号|责成|委托|隔壁|小区里|投资|普通|任何|各|(?:[和家有过开打就对还为又都跑进告些盖])(?=..))"
)
"""What stands before the name of an organisation in a running sentence."""
_TOO_GENERAL = frozenset({
    "公司", "集团", "物业", "医院", "学校", "超市", "饭店", "餐厅", "银行", "工厂", "中介", "商店", "商场",
    "小学", "中学", "大学", "学院", "酒店", "宾馆", "药店", "菜市场", "饭馆", "餐馆",
    "教育", "英语", "培训", "快递", "配送", "烧烤", "家电", "家具", "地产", "火锅", "奶茶", "摄影",
})  # fmt: skip
_AFTER_A_VERB = _TOO_GENERAL | {"幼儿园", "派出所"}
"""Words that with one character before them are no name either: 教英语, 找派出所."""
_UNIT_KINDS = frozenset({UnitKind.BUREAU, UnitKind.UTILITY, UnitKind.DESK})
_SHORTEST = 3
_MOST = 100
"""Organisations looked at of one text."""
NONE = re.compile("(?!)")
"""No organisation is known by name."""


def known(units: Iterable[Unit]) -> Pattern[str]:
    """A pattern of the names of bureaus and utilities; streets and communities are places."""
    names = {
        name
        for unit in units
        if unit.kind in _UNIT_KINDS
        for name in (unit.name, unit.short_name, *unit.aliases)
        if len(name) >= _SHORTEST or (len(name) > 1 and name[-1] in "联委局办")
    }
    forms = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    first = re.escape("".join(sorted({name[0] for name in names})))
    return re.compile(f"(?:(?<![小社园校])[区市])?(?=[{first}])(?:{forms})") if names else NONE


def find(text: str, units: Pattern[str]) -> list[tuple[int, int]]:
    """Start and end of every organisation; ``units`` are the known ones. Spans may overlap, the better go before."""
    found = []
    for one in _END.finditer(text):
        start, end = _start(text, one.start(), one.end()), one.end()
        if end - start >= _SHORTEST and is_named(text[start:end]):
            found.append((start, end))
        if len(found) == _MOST:
            break
    return [*found, *(one.span() for one in units.finditer(text))]


def is_named(name: str) -> bool:
    """Whether this names one organisation, and not a kind of them."""
    return name not in _TOO_GENERAL and name[1:] not in _AFTER_A_VERB


def _start(text: str, at: int, end: int) -> int:
    """Where the name begins that ends with the word ``text[at:end]``."""
    least = max(0, at - _LONGEST)
    before = text[least:at]
    if text[end : end + 1] in _CLOSING and (quoted := _QUOTED.search(before)):
        return least + quoted.start() + 1
    name = _PLAIN.search(before)
    start = at - len(name[0] if name else "")
    leading = _LEADING.match(text[start:at])
    return start + leading.end() if leading else start
