"""Which column is what: the words that counters write over their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from channels.message import Account
from channels.sheets import heading
from channels.sheets.heading import Words
from district.sheets import FIELDS, bare_heading

TIME, DATE, NAME, PHONE, TEXT, TITLE, PLACE = "time", "date", "name", "phone", "text", "title", "place"
CATEGORY, REQUEST_TYPE, REPLY, COUNTER, CLERK, NUMBER = (
    "category", "request_type", "reply", "counter", "clerk", "number",
)  # fmt: skip
CONTENTS = frozenset({TEXT, TITLE})
_WORDS = {
    DATE: "日期 来访日期 登记日期 受理日期 接待日期 反映日期 date",
    TIME: "时间 来访时间 登记时间 受理时间 接待时间 反映时间 诉求时间 日期时间 time sent_at",
    NAME: "姓名 来访人 来访人姓名 诉求人 诉求人姓名 反映人 反映人姓名 居民姓名 市民姓名 "
    "群众姓名 当事人 申请人 联系人 name",
    PHONE: "电话 联系电话 手机 手机号 手机号码 电话号码 联系方式 联系号码 来访人电话 诉求人电话 "
    "反映人电话 居民电话 phone mobile",
    TEXT: "诉求内容 内容 诉求 反映内容 反映问题 反映事项 问题描述 诉求描述 事项内容 具体内容 来访事由 "
    "事由 主要内容 情况说明 问题 text content",
    TITLE: "标题 诉求标题 主题 事项名称 事项 摘要 title",
    PLACE: "地点 地址 诉求地址 诉求地点 事发地址 事发地点 问题地址 发生地点 详细地址 所在位置 位置 place address",
    CATEGORY: "类别 分类 诉求类别 诉求分类 问题类别 问题分类 事项类别 事项分类 category",
    REQUEST_TYPE: "诉求类型 类型 诉求性质 性质 事项类型 来访类型 request_type",
    REPLY: "答复方式 回复方式 反馈方式 回访方式 希望答复方式 是否回复 是否需要回复 reply",
    COUNTER: "窗口 窗口号 受理窗口 接待窗口 柜台 受理点 接待点 大厅 counter window",
    CLERK: "经办人 登记人 受理人 接待人 接待人员 工作人员 记录人 clerk",
    NUMBER: "编号 登记编号 登记号 受理编号 受理号 来访编号 流水号 单号 工单号 诉求编号 number id",
    heading.DROPPED: "序号 序 行号 原行号 退回原因 no no.",
}
DEFAULT: Mapping[str, tuple[str, ...]] = MappingProxyType({field: tuple(_WORDS[field].split()) for field in _WORDS})


class HeadingsUnfit(Exception):
    """The account's ``headings`` are no table of field → words; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def words_of(account: Account) -> Words:
    """Heading → field: the default words, and those of ``settings["headings"]`` before them.

    Raises ``HeadingsUnfit``.
    """
    given = account.settings.get("headings") or {}
    if not isinstance(given, Mapping):
        raise HeadingsUnfit("应是“字段: [表头, …]”")
    words = {bare_heading(word): field for field, several in DEFAULT.items() for word in several}
    for field, several in given.items():
        if field not in FIELDS:
            raise HeadingsUnfit(f"没有字段“{field}”，可用 {'、'.join(sorted(FIELDS))}")
        if isinstance(several, str) or not isinstance(several, Sequence):
            raise HeadingsUnfit(f"字段“{field}”应是表头的列表")
        words |= {bare_heading(str(word)): field for word in several}
    return Words(words, CONTENTS, "诉求内容")
