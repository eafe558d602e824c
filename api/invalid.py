"""What is wrong with a form or a request, field by field, in the words of the page it was written on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from knowledge import content

NEEDS = {
    "reason": "原因",
    "text": "文字内容",
    "unit": "承办单位",
    "attachment": "附件",
    "review_date": "复核日期",
    "directory_line": "派单目录条目",
    "proposed_unit": "建议承办单位",
    "callback": "回访结果",
    "category": "诉求分类",
    "proof": "本人身份的证明",
    "comment": "评语",
    "leader": "领导姓名",
    "office": "职务",
}
LABELS = (
    content.LABELS
    | {
        "step": "步长",
        "excluded": "是否连同已剔除",
        "panel": "图表",
        "contrast": "对比度",
        "theme": "颜色",
        "period": "考核期",
        "late": "是否逾期",
        "wall": "是否大屏",
        "besides": "以外的单位",
        "age": "时长",
        "hour": "时段",
        "type": "字号",
        "accepted": "是否采用",
        "about": "工单号或办件号",
        "account": "账号",
        "act": "操作",
        "acts": "是否操作",
        "actor": "操作人",
        "address": "网络地址",
        "after": "翻页位置",
        "again": "再输一次的密码",
        "against": "对照的版本",
        "all": "显示全部",
        "answer": "答复",
        "article": "条目",
        "approve": "是否批准",
        "email": "邮箱",
        "asks_answer": "是否要求答复",
        "at": "检索时间",
        "back": "返回的页面",
        "base": "版本",
        "before": "原版本",
        "bin": "分档",
        "by": "统计方式",
        "call": "通话",
        "call_id": "呼叫编号",
        "case": "办件",
        "area": "街道、社区",
        "blob": "照片",
        "captcha": "验证码",
        "captcha_kind": "验证码类型",
        "captcha_token": "验证码",
        "go": "操作",
        "join": "加入的事项",
        "latitude": "纬度",
        "longitude": "经度",
        "solved": "是否解决",
        "choices": "选项",
        "choice": "选项",
        "closes": "截止时间",
        "asks_contact": "是否留联系方式",
        "title": "标题",
        "summary": "结果说明",
        "page": "页",
        "changed": "只看改过的",
        "channel": "渠道",
        "code": "查询码",
        "confidential": "是否保密",
        "confirm": "确认",
        "contact": "联系方式",
        "contacted": "是否已联系",
        "copy": "照抄的通告",
        "correction": "更正",
        "counter": "窗口",
        "current": "现在的密码",
        "cut": "拆分处",
        "day": "日期",
        "days": "天数",
        "decided": "刚审批的申请",
        "done": "完成的操作",
        "despite": "体检提示",
        "door": "入口",
        "ends": "结束时间",
        "error": "统一认证的答复",
        "figure": "指标",
        "file": "文件",
        "file_id": "附件",
        "files": "文件",
        "final": "最终结果",
        "following": "后续工单",
        "first": "起始日期",
        "form": "文件格式",
        "for_units": "承办单位可见",
        "from": "起始",
        "gap": "缺口",
        "held": "来件",
        "hearing": "听力不便",
        "no_notices": "退订通知",
        "ground": "删除依据",
        "here": "当前工单",
        "id": "编号",
        "id_number": "身份证号",
        "into": "主办件",
        "iss": "统一认证的发行方",
        "key": "编号",
        "kind": "类型",
        "last": "截止日期",
        "language": "语言",
        "level": "督办级别",
        "limit": "条数",
        "login": "用户名",
        "lost": "并入的居民",
        "merged": "已并单",
        "missing": "停用名单外人员",
        "mine": "只看本人的",
        "message_id": "消息",
        "many": "个数",
        "t": "链接",
        "model": "模型版本",
        "name": "姓名",
        "new": "新法规",
        "next": "下一页",
        "no_calls": "请勿来电时段",
        "note": "备注",
        "noted_on": "批示日期",
        "now": "现版本",
        "number": "版本号",
        "numbers": "办件",
        "object": "对象",
        "of": "比较的内容",
        "old": "旧法规",
        "on": "开关",
        "once": "提交标记",
        "otp": "验证码",
        "out": "已移出",
        "outcome": "处理结果",
        "part": "部分",
        "part_category": "各件的分类",
        "password": "密码",
        "moved": "已更新的件数",
        "person": "人物",
        "phone": "电话",
        "photos": "照片",
        "place": "地点",
        "position": "呼叫顺序",
        "preview": "预览",
        "proof": "证明",
        "publish_at": "发布时间",
        "q": "查找内容",
        "queue": "待处理",
        "quiet_until": "请勿来电截止",
        "quiet_from": "请勿来电起始",
        "rate": "指标",
        "record": "办理记录",
        "reached": "是否接通",
        "recount": "重新计算时限",
        "request_type": "诉求类型",
        "resolved": "是否解决",
        "review_due": "复核日期",
        "role": "角色",
        "s": "检索编号",
        "sample": "抽样",
        "satisfaction": "满意度",
        "seen": "已看到的决定",
        "show": "显示方式",
        "since": "起始时间",
        "split": "分开登记",
        "sort": "排序",
        "source": "移出单位",
        "stand_in": "代理人",
        "starts": "开始时间",
        "state": "状态",
        "target": "移入单位",
        "stayed": "未更新的件数",
        "subject": "事项",
        "term": "时限",
        "thanks": "致谢",
        "then": "保存之后",
        "ticket": "工单",
        "tickets": "作依据的工单",
        "time": "时间",
        "to": "截止",
        "token": "上传凭据",
        "topic": "缺口",
        "urged": "催办的工单",
        "unsent": "消息",
        "urgency": "紧急程度",
        "verdict": "判定",
        "version": "版本",
        "watch": "关注",
        "way": "操作",
        "week": "周",
        "weeks": "周数",
        "what": "内容",
        "which": "移交范围",
        "word": "跟进说明",
        "worker": "人员",
    }
    | NEEDS
)
"""What the fields of forms and addresses are called. A field of a script's request alone needs none."""
FILES = frozenset({"file", "files", "photos"})

INVALID: dict[str, str] = {
    "missing": "{label}没有填写",
    "string_type": "{label}应是文字",
    "string_too_long": "{label}最多 {max_length} 个字",
    "string_too_short": "{label}至少 {min_length} 个字",
    "too_long": "{label}最多 {max_length} 项",
    "too_short": "{label}至少 {min_length} 项",
    "greater_than": "{label}应大于 {gt}",
    "greater_than_equal": "{label}不能小于 {ge}",
    "less_than": "{label}应小于 {lt}",
    "less_than_equal": "{label}不能大于 {le}",
    "date_from_datetime_parsing": "{label}不是有效的日期",
    "date_parsing": "{label}不是有效的日期",
    "date_type": "{label}不是有效的日期",
    "datetime_parsing": "{label}不是有效的时间",
    "datetime_from_date_parsing": "{label}不是有效的时间",
    "timezone_aware": "{label}缺少时区",
    "int_parsing": "{label}不是整数",
    "int_parsing_size": "{label}不是合理的数",
    "int_type": "{label}不是整数",
    "int_from_float": "{label}不是整数",
    "float_parsing": "{label}不是数字",
    "float_type": "{label}不是数字",
    "bool_parsing": "{label}应是“是”或“否”",
    "enum": "{label}不在可选范围内",
    "literal_error": "{label}不在可选范围内",
    "extra_forbidden": "{label}不能填在这里",
    "json_invalid": "{label}不是有效的 JSON",
}
"""What is said of a field by the type of pydantic's error; of any other ``UNFIT``."""
UNFIT, NOT_CHOSEN = "{label}格式不对", "{label}没有选择"
NUMBER = "{label}只能用文字、数字、点、横线和下划线，并至少含一个数字"
_CHINESE = re.compile("[\u4e00-\u9fff]")


def message(detail: Mapping[str, Any], label: str = "") -> str:
    """What is wrong with a field, after its ``label``, by pydantic's error of it; never what was given in it."""
    loc, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    if loc and next((part for part in reversed(loc) if isinstance(part, str)), "") in FILES:
        words = NOT_CHOSEN
    elif kind == "value_error" and _CHINESE.search(told := str(context.get("error", ""))):
        return f"{label}{told}"
    elif kind == "string_pattern_mismatch" and loc[-1:] == ("id",):
        words = NUMBER
    else:
        words = INVALID.get(kind, UNFIT)
    return words.format_map(context | {"label": label})


def label(detail: Mapping[str, Any], labels: Mapping[str, str] = LABELS) -> str:
    """What the field is called that an error of pydantic's is about, with the item of a list; empty for the whole."""
    loc = detail["loc"]
    name = next((part for part in reversed(loc) if isinstance(part, str)), "")
    label = labels.get(name, "有一项内容")
    if name and loc and isinstance(loc[-1], int) and name not in FILES:
        return f"{label}第 {loc[-1] + 1} 项"
    return label if name else ""


def sentence(details: Iterable[Mapping[str, Any]], labels: Mapping[str, str] = LABELS) -> str:
    """The first faults, one after the other."""
    told = dict.fromkeys(message(each, label(each, labels)) for each in details)
    return "；".join(list(told)[:5])
