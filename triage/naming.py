"""Names that no gazetteer knows, read by their endings: 利群网吧, 玺悦嘉园, 鹤鸣路.

Where such a name begins cannot be told without a word list: what stands before the ending is cut where a small word
ends, and of the rest only the last characters are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ROAD, SPOT = "路", "处"
LONGEST, SHORTEST = 4, 2
"""Characters of a name before its ending."""
_ENDINGS = {
    ROAD: "大街|大道|胡同|路(?![上过灯面由人费边旁])|街(?![道坊上])|巷(?!子)",
    SPOT: "小区|[花家佳嘉雅]园|[雅嘉佳新名]?苑(?!外)|[豪华]庭|华府|名邸|公寓|新村|新居|公社|社区|[东西南北][里区院]|"
    "村(?![民里口子委])|屯|镇(?!上)|家属院|大院|湾(?=[一二三四五六\\d])|"
    "小学|[一二三四五六七八九十]?中学|幼儿园|学校|大学|学院|医院|卫生[院站室]|诊所|门诊部|"
    "超市|饭[店馆庄]|酒[楼店]|餐厅|火锅|烧烤|大排档|网[吧咖]|KTV|健身|药[房店]|茶[楼馆]|美发|理发|早教|培训|辅导班|驾校|影[城院]|"
    "[宾旅]馆|快餐|面馆|批发|[洗修]车行|日化|店(?![铺家里主员门])|"
    "市场(?![监化价])|商场|广场(?!舞)|大厦|公园|桥(?![上下面墩洞头])|体育[场馆]|汽车站|地铁站|剧院|景区|水库",
}
_NAMED = tuple((kind, re.compile(rf"([一-龥]{{1,6}}?)(?:{ends})")) for kind, ends in _ENDINGS.items())
_BEFORE = re.compile(
    r".*(?:来电人?|市民|居民|群众|反映|投诉|举报|表扬|咨询|附近|旁边|门口|对面|楼下|隔壁|路边|街边|家住|住在|位于|地点|"
    r"[一-龥]{2}(?:大街|路|街|巷|胡同)(?=[一-龥]{2})|"
    r"[的在从到和与跟对向把被给是有了我你他她咱们这那某该个每称诉于经及去说让请为就还都也又没不])"
)
_COMMON = re.compile(
    r"(?:整个|老旧|本来|全部|住宅|商业|居民|社区|小区|人民|实验|中心|第[一二三四五六七八九十]|附属|[这那一二两三四五六七八九十几多]家|"
    r"中医|民营|公立|私立|公办|民办|校园|早餐|连锁|大型|各大|路边|街边|农贸|蔬菜|花鸟|健康|整条|其他|别的|隔壁|楼下|对门|新开|妇幼|"
    r"保健|[高初]级|寄宿|[男女]生|体育|文化|购物|家属|职工|[前后东西南北]面|[东西南北]边|[马大公铁道修过走半一]路|网红|美容|养生|"
    r"火锅|烧烤|串串|海鲜|早点|小吃|麻辣|水果|旧货|二手|五金|建材|家具|电器|服装|手机)$"
)


def names(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Of each name: ``ROAD`` or ``SPOT``, two to four characters before the ending, where the last two stand."""
    for kind, pattern in _NAMED:
        for found in pattern.finditer(text):
            head = _BEFORE.sub("", found[1])
            if len(head) >= SHORTEST and not _COMMON.search(head):
                yield kind, head[-LONGEST:], (found.end(1) - SHORTEST, found.end(1))
