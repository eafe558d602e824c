"""What acts and things of the audit are called. An act that has no words here is shown by its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.opening import REASONS
from casework.audit_trail import Found
from casework.privacy import mask_text
from casework.staff import ROLES
from district.duty import LABELS as ALERTS
from district.pack import District

SUBJECTS: Mapping[str, str] = {
    "ticket": "工单",
    "case": "办件",
    "resident": "居民",
    "user": "用户",
    "event": "群体事件",
    "alert": "告警",
    "absence": "请假",
    "duty_shift": "值班",
    "delivery": "发送",
    "quarantine": "隔离件",
    "model": "模型",
    "articles": "知识库",
    "article": "知识条目",
    "pack": "区情数据",
    "list": "列表",
    "audit": "审计",
    "address": "网络地址",
}
ACTS: Mapping[str, str] = {
    "sign_in": "登录",
    "change_password": "修改密码",
    "reset_password": "重设密码",
    "turn_on_totp": "开启动态验证码",
    "turn_off_totp": "关闭动态验证码",
    "reset_totp": "重设动态验证码",
    "renew_recovery_codes": "更换恢复码",
    "use_recovery_code": "用恢复码登录",
    "refuse_code": "验证码不对",
    "end_sessions": "退出登录",
    "release_lock_out": "解除登录锁定",
    "add_user": "添加用户",
    "change_user": "修改用户",
    "disable_user": "停用用户",
    "enable_user": "启用用户",
    "read_person": "查看个人信息",
    "read_attachment": "查看附件",
    "read_case_file": "查看办件附件",
    "fetch_export": "取出个人信息副本",
    "export": "导出",
    "export_audit": "导出审计",
    "verify_audit": "核对审计链",
    "promote_model": "启用模型",
    "train_model": "训练并启用模型",
    "refuse_model": "训练的模型未启用",
    "retry_delivery": "重发消息",
    "retry_quarantine": "重新读取来件",
    "import_articles": "导入知识条目",
    "confirm": "采纳研判",
    "correct": "更正研判",
    "merge": "并单",
    "unmerge": "拆单",
    "urge": "催办",
    "join_residents": "归并居民",
    "unjoin_residents": "撤销归并",
    "verify_phone": "核实电话",
    "wishes": "登记联系意愿",
    "enter_absence": "登记请假",
    "end_absence": "销假",
    "enter_shift": "排班",
    "strike_shift": "删除值班",
    "raise_alert": "发出告警",
    "acknowledge_alert": "确认告警",
    "call_for_alert": "告警呼叫",
    "settle_alert": "解除告警",
    "hand_over": "移交",
    "undo_hand_over": "撤销移交",
    "callback_missed": "回访未接通",
    "answer_despite": "有提示仍答复",
    "mass_event": "认定群体事件",
    "gone_on": "对话继续",
    "want_person": "居民要求人工",
    "read_quarantine": "查看无法读取的来件",
}
ASKED = {"ask": "申请", "decide": "审批", "withdraw": "撤回"}
DETAILS: Mapping[str, str] = {
    "from": "原状态",
    "to": "新状态",
    "reason": "理由",
    "words": "用途",
    "unit": "单位",
    "role": "角色",
    "fields": "改了",
    "way": "方式",
    "before": "原",
    "rows": "行数",
    "seals": "封条",
    "ended": "处数",
    "list": "列表",
    "had": "原已开启",
    "step": "第几步",
    "ways": "方式",
    "user": "用户",
    "kind": "种类",
    "filters": "条件",
    "head": "链首",
    "broken": "断裂处",
    "why": "原因",
    "starts": "开始",
    "ends": "结束",
    "position": "顺序",
    "reporters": "反映人数",
    "compared": "比较条数",
    "tickets": "工单",
    "wishes": "意愿",
}
VALUES: Mapping[str, str] = {
    "password": "密码",
    "code": "密码和动态验证码",
    "oidc": "统一身份认证",
    "robot": "企业微信群机器人",
    "sms": "短信",
    "mail": "邮件",
    **{str(each): label for each, label in ALERTS.items()},
    **{str(each): label for each, label in ROLES.items()},
    **REASONS,
}
_MOST = 160


def acts(district: District) -> dict[str, str]:
    """Every act that has words, with those of the pack's workflow."""
    lives = district.workflow.ticket, district.workflow.case
    moves = {each.name: each.label for life in lives for each in life.transitions}
    asked = {
        f"{way}_{each.name}": f"{words}{each.label}"
        for way, words in ASKED.items()
        for each in district.workflow.requests
    }
    return {**asked, **moves, **ACTS}


def who(found: Found) -> str:
    """The actor's name: of a user, or of what acts by itself."""
    return found.actor or {"system": "系统", "command": "命令行"}.get(found.row.actor, found.row.actor)


def role(code: str) -> str:
    """The role as people call it."""
    known: Mapping[str, str] = {str(each): label for each, label in ROLES.items()}
    return known.get(code, "") or {"system": "系统", "command": "命令行", "resident": "居民"}.get(code, code)


def details(found: Found, say: Callable[[str], str] = str) -> str:
    """The details in one line, by ``say`` in the reader's language; a user by his name, whatever number masked."""
    row = found.row.details | ({"user": found.person} if found.person else {})
    told = ((name, value) for name, value in row.items() if value not in ("", None, [], {}))
    parts = [f"{say(DETAILS.get(name, name))}：{say(_value(value))}" for name, value in told]
    return mask_text("；".join(parts))[:_MOST]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(_value(each) for each in value)
    if isinstance(value, dict):
        return "、".join(f"{name}={_value(each)}" for name, each in value.items())
    return VALUES.get(value, str(value)) if isinstance(value, str) else str(value)
