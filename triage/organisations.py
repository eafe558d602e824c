"""Organisations a text names: by the word that ends their name, without the words of the sentence before it."""

from __future__ import annotations

import re

_HAN = "\u4e00-\u9fff"
_ENDS = (
    "有限责任公司|股份有限公司|有限公司|分公司|物业公司|物业管理公司|公司|集团|物业服务中心|物业服务处|物业管理处|物业|"
    "派出所|公安局|公安分局|交警[大支]队|消防[大支]队|城管执法局|城管执法队|执法[大支中]?队|执法局|监管局|监管所|管理局|"
    "居委会|居民委员会|业委会|业主委员会|街道办事处|街道办|办事处|服务中心|服务站|活动中心|卫生院|卫生站|卫生所|诊所|"
    "医院|学校|小学|中学|大学|学院|职高|幼儿园|托儿所|培训机构|培训中心|培训学校|教育机构|"
    "银行|支行|营业厅|供电所|供电局|自来水厂|热力站|加油站|"
    "超市|便利店|饭店|餐厅|餐馆|饭馆|酒店|宾馆|旅馆|酒吧|网吧|歌厅|健身房|美容院|理发店|火锅店|烧烤店|烤肉店|面馆|早餐店|药店|药房|"
    "菜市场|商场|商店|商行|门市部|经营部|工作室|俱乐部|养老院|敬老院|洗车行|修理厂|旅行社|中介|工厂|项目部|工程队|施工队|搬家公司"
)
_FIRST = "".join(sorted({end[0] for end in re.sub(r"\[.*?\]", "", _ENDS).split("|")} | set("交消执")))
_END = re.compile(rf"(?=[{_FIRST}])(?:{_ENDS})(?![楼们路街巷站口门])")
_LONGEST = 16
_PLAIN = re.compile(rf"[{_HAN}A-Za-z0-9·]*$")
_LEADING = re.compile(
    r".*(?:[在到给向被是的和与找去了说让从跟由对把叫问有个家就请求过对着而且但与为还又也都些那这]|反映|投诉|举报|咨询|附近|旁边|对面|我们|楼下|门口|"
    r"要求|希望|建议|联系|现在|经过|负责|号)"
)
"""What stands before the name of an organisation in a running sentence."""
_TOO_GENERAL = frozenset(
    {"公司", "集团", "物业", "医院", "学校", "超市", "饭店", "餐厅", "银行", "工厂", "中介", "商店", "商场"}
)


def find(text: str) -> list[tuple[int, int]]:
    """Start and end of every organisation named."""
    found = []
    for one in _END.finditer(text):
        end = one.end()
        before = text[max(0, one.start() - _LONGEST) : one.start()]
        name = _PLAIN.search(before)
        start = one.start() - len(name[0] if name else "")
        if leading := _LEADING.match(text, start, one.start()):
            start = leading.end()
        if text[start:end] not in _TOO_GENERAL and end - start > 2:
            found.append((start, end))
    return found
