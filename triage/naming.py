"""Names that no gazetteer knows, read by their endings: 利群网吧, 玺悦嘉园, 鹤鸣路, and parts told by direction: 东里, 北门.

Only the two characters before the ending are kept: where a name begins cannot be told without a word list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ENDINGS = {
    "路": r"大街|大道|胡同|路(?![上过灯面由人费边口旁])|路口|街(?![道坊上])|巷(?![子])",
    "居": r"小区|花园|家园|佳园|嘉园|雅园|雅苑|嘉苑|佳苑|新苑|名苑|[豪华]庭|华府|名邸|公寓|新村|新居|公社|社区|[东西南北]里|[东西南北][区院]"
    r"|苑(?!外)|村(?![民里口子委])|屯|镇(?!上)|家属院|大院|湾(?=[一二三四五六\d])",
    "学": r"小学|中学|幼儿园|学校|[一二三四五六七八九十]中(?![心间午])|实验小学|大学|学院",
    "医": r"医院|卫生院|卫生站|卫生室|诊所|门诊部",
    "店": r"超市|便利店|饭店|酒楼|餐厅|饭馆|火锅店?|烧烤店?|大排档|网吧|网咖|KTV|健身房|健身|药房|药店|茶楼|茶馆|美发店?|理发店?|宠物店|"
    r"文具店|玩具店|服装店|早教|培训|辅导班|驾校|影城|影院|宾馆|酒店|旅馆|快餐|面馆|蛋糕店?|奶茶店?|水果店|菜店|烟酒店?|批发部|批发|洗车行?|修车行?|"
    r"日化|鸡排|豆腐|小吃店?|(?<![一-龥]商)店(?![铺家里主员门])",
    "场": r"菜市场|农贸市场|市场(?![监化价])|商场|广场(?!舞)|大厦|公园|大桥|桥(?![上下面墩洞头])|体育[场馆]|汽车站|地铁站|站(?=[A-Z\dB出入])|剧院|景区|水库",
}
_NAMED = tuple((kind, re.compile(rf"([一-龥]{{1,6}}?)(?:{ends})")) for kind, ends in _ENDINGS.items())
_CUT = re.compile(
    r".*(?:来电人?|市民|居民|群众|反映|投诉|举报|表扬|咨询|附近|旁边|门口|对面|楼下|隔壁|路边|街边|家住|住在|位于|地点|"
    r"[的在从到和与跟对向把被给是有了我你他她咱们这那某该个每称诉于经及去说让请为就还都也又没不])"
)
_COMMON = re.compile(
    r"(?:整个|老旧|本来|全部|住宅|商业|居民|社区|小区|人民|实验|中心|第[一二三四五六七八九十]|附属|一家|两家|这家|那家|[一二两三四五六七八九十几多]家|"
    r"中医|民营|公立|私立|公办|民办|校园|早餐|连锁|大型|各大|路边|街边|农贸|蔬菜|花鸟|健康|整条|其他|别的|隔壁|楼下|对门|新开|妇幼|保健|高级|初级|"
    r"寄宿|男生|女生|体育|文化|购物|家属|职工|后面|前面|东面|西面|北面|南面|东边|西边|南边|北边|马路|大路|公路|铁路|道路|修路|过路|走路|半路|一路|"
    r"网红|美容|养生|火锅|烧烤|串串|海鲜|早点|小吃|麻辣|水果|旧货|二手|五金|建材|家具|电器|服装|手机)$"
)
_SIDES = (
    ("区", re.compile(r"([东西南北中]|[A-Z]|[一二三四五六七八九十\d]{1,2})(?:[里区院苑园]|号院)(?![一-龥]?长)")),
    ("门", re.compile(r"([东西南北])(?:侧|大|小)?门")),
)


def names(text: str) -> Iterator[tuple[str, str]]:
    """(kind, the last two characters of the name before its ending), as they stand in a narrow text."""
    for kind, pattern in _NAMED:
        for found in pattern.finditer(text):
            head = _CUT.sub("", found[1])
            if len(head) >= 2 and not _COMMON.search(head):
                yield kind, head[-4:]


def sides(text: str) -> Iterator[tuple[str, str]]:
    """(kind, direction or number) of parts of an estate and of its gates."""
    for kind, pattern in _SIDES:
        for found in pattern.finditer(text):
            yield kind, found[1]
