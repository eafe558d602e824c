"""What city platforms call the parts of an order, in the keys of a push and over the columns of an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from channels.message import Account
from channels.sheets.heading import DROPPED, Words
from district.city import FIELDS, VALUES
from district.sheets import bare_heading

NUMBER, ACT, REVISION, TITLE, TEXT, PLACE, NAME, PHONE = (
    "number", "act", "revision", "title", "text", "place", "name", "phone",
)  # fmt: skip
CATEGORY, CATEGORY_2, CATEGORY_3, REQUEST_TYPE, URGENCY = (
    "category", "category_2", "category_3", "request_type", "urgency",
)  # fmt: skip
LATITUDE, LONGITUDE, ACCEPTED_AT, DEADLINE, MAY_RETURN, RETURN_UNTIL, FILES = (
    "latitude", "longitude", "accepted_at", "deadline", "may_return", "return_until", "files",
)  # fmt: skip
REACHED, CONTACTED, RESOLVED, SATISFACTION, SAID = "reached", "contacted", "resolved", "satisfaction", "said"
RULES_ON, APPROVED, REASON, AT = "rules_on", "approved", "reason", "at"

_FIELDS = {
    NUMBER: "number order_no order_id order_number 工单编号 工单号 市工单号 市级工单编号 市平台工单编号 派单编号 "
    "诉求编号 编号",
    ACT: "act action event type 操作 动作 工单状态 状态 操作类型",
    REVISION: "revision version 版次 版本 重派次数 派发次数",
    TITLE: "title subject 标题 诉求标题 工单标题 主题",
    TEXT: "text content description 诉求内容 内容 反映内容 工单内容 问题描述 主要内容 受理内容",
    PLACE: "place address location 地址 诉求地址 事发地址 问题地址 详细地址 事发地点 地点",
    NAME: "name caller_name caller.name 姓名 诉求人 诉求人姓名 来电人 来电人姓名 反映人 市民姓名",
    PHONE: "phone caller_phone caller.phone mobile 电话 联系电话 来电号码 诉求人电话 手机号码 反映人电话 联系方式",
    CATEGORY: "category category_1 问题分类 诉求分类 分类 问题类别 一级分类 事项分类",
    CATEGORY_2: "category_2 二级分类",
    CATEGORY_3: "category_3 三级分类",
    REQUEST_TYPE: "request_type 诉求类型 工单类型 诉求性质",
    URGENCY: "urgency priority 紧急程度 优先级 缓急程度",
    LATITUDE: "latitude lat 纬度",
    LONGITUDE: "longitude lng lon 经度",
    ACCEPTED_AT: "accepted_at created_at 受理时间 来电时间 登记时间 派单时间 派发时间 诉求时间",
    DEADLINE: "deadline due_at 办结时限 办理时限 答复时限 截止时间 截止日期 到期时间 办结期限 要求办结时间",
    MAY_RETURN: "may_return return.allowed 可否退单 是否可退 允许退单 能否退回",
    RETURN_UNTIL: "return_until return.until 退单时限 退回时限 退单截止时间 退回截止时间",
    FILES: "attachments files 附件",
    REACHED: "reached verdict.reached 是否接通 回访接通 回访是否成功",
    CONTACTED: "contacted verdict.contacted 是否联系 是否响应 联系情况 响应情况",
    RESOLVED: "resolved verdict.resolved 是否解决 解决情况 回访解决情况",
    SATISFACTION: "satisfaction verdict.satisfaction 满意度 是否满意 满意情况 回访满意度",
    SAID: "said verdict.text 回访意见 回访内容 回访备注 评价内容",
    RULES_ON: "request rules_on 审批事项 申请事项 申请类型",
    APPROVED: "approved 审批结果 是否同意 审核结果",
    REASON: "reason remark_reason 原因 撤回原因 审批意见 理由 催办内容",
    AT: "at time operated_at 操作时间 时间 审批时间 回访时间",
    DROPPED: "序号 序 行号 no no.",
}  # fmt: skip
_VALUES = {
    "issue": "issue issued create new reissue resend 派单 派发 新派 待签收 待办理 办理中 已派单 重派 补派 重新派发",
    "withdraw": "withdraw withdrawn cancel recall 撤单 撤回 已撤回 已撤单 作废 已作废 收回 撤销",
    "urge": "urge urged remind 催办 催单 督促",
    "verdict": "verdict evaluate callback 回访 评价 回访评价 已回访 回访结果",
    "decision": "decision decide approve 审批 审核 审批结果",
    "yes": "yes true 1 y 是 已 已联系 已接通 接通 成功 已响应 已解决 解决 同意 批准 通过 可 可以 允许 能",
    "no": "no false 0 n 否 未 未联系 未接通 失败 未响应 未解决 没有解决 不同意 驳回 不通过 不批准 不可 "
    "不可以 不允许 不能",
    "satisfied": "satisfied 满意 非常满意 很满意",
    "basically_satisfied": "basically_satisfied 基本满意 一般 较满意",
    "dissatisfied": "dissatisfied 不满意 非常不满意 很不满意",
    "nothing": "/ - -- — —— 未评价 待评价 未参评 未回访 待回访",
    "return": "return 退单 退回 退件 申请退单",
    "extension": "extension extend 延期 申请延期",
}  # fmt: skip
DEFAULT_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType({key: tuple(_FIELDS[key].split()) for key in _FIELDS})
DEFAULT_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType({key: tuple(_VALUES[key].split()) for key in _VALUES})

CONTENTS = frozenset({NUMBER})
ACTS = frozenset({"issue", "withdraw", "urge", "verdict", "decision"})


class WordsUnfit(Exception):
    """The account's words are no table of names; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def fields_of(account: Account) -> Words:
    """Name → field: the default words, and those of ``settings["fields"]`` before them. Raises ``WordsUnfit``."""
    return Words(_merged(DEFAULT_FIELDS, account.settings.get("fields"), FIELDS), CONTENTS, "工单编号")


def values_of(account: Account) -> Mapping[str, str]:
    """Word → its meaning (acts, yes and no, degrees of satisfaction), as ``fields_of``."""
    return _merged(DEFAULT_VALUES, account.settings.get("values"), VALUES)


def _merged(default: Mapping[str, tuple[str, ...]], given: object, known: frozenset[str]) -> dict[str, str]:
    words = {bare_heading(word): meaning for meaning, several in default.items() for word in several}
    if given is None:
        return words
    if not isinstance(given, Mapping):
        raise WordsUnfit("应是“名称: [叫法, …]”")
    for meaning, several in given.items():
        if meaning not in known:
            raise WordsUnfit(f"没有“{meaning}”，可用 {'、'.join(sorted(known))}")
        if isinstance(several, str) or not isinstance(several, Sequence):
            raise WordsUnfit(f"“{meaning}”应是叫法的列表")
        words |= {bare_heading(str(word)): str(meaning) for word in several}
    return words
