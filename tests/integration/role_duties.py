"""Which roles each route of casework is for: what is not in the pack, with the rule that says so.

A route that is not here fails ``test_role_routes``: whoever adds one adds its row. ``{…}`` of a path is filled with what
``on`` names (``role_things``), and a body's ``$name`` is.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from district.process import Role
from tests.integration.role_acts import ACTS, DESK, EVERYBODY, LEAD, OFFICER, A, C, D, M, S, U, only
from tests.integration.role_doors import Door, Duty
from tests.integration.role_rules import WORKFLOW, Book

K = Role.KNOWLEDGE_EDITOR


SUPERVISION = WORKFLOW.with_name("supervision.yaml")
CITY = WORKFLOW.with_name("city.yaml")


def named(file: Path, field: str) -> frozenset[Role]:
    """The roles that a file of the pack lists in a field."""
    return frozenset(Role(each) for each in yaml.safe_load(file.read_text(encoding="utf-8"))[field])


ORDER = {"level": "yellow", "text": "限期办结"}
NOTE = {"leader": "王区长", "office": "区政府", "noted_on": "2026-03-23", "text": "请速办"}
POINTS = {"A1": 40, "A2": 25, "A3": 20, "A4": 15}
ASKED = {"title": "改单行", "text": "请说说看法", "closes": "2027-01-01T09:00"}

DUTIES = (
    *ACTS,
    Duty(
        "回访由回访员和督办进行，承办人不得回访自己的办件",
        only(C, S),
        (
            Door("GET /api/v1/callbacks"),
            Door("GET /callbacks"),
            Door("GET /api/v1/callbacks/script"),
            Door("POST /api/v1/callbacks/next"),
            Door("POST /callbacks/next"),
            Door("GET /callbacks/{key}", "told"),
            Door("POST /api/v1/tickets/{key}/callback-claim", "told"),
            Door("POST /tickets/{key}/callback-claim", "told"),
            Door("POST /api/v1/tickets/{key}/callback-release", "told"),
            Door("POST /tickets/{key}/callback-release", "told"),
        ),
    ),
    Duty(
        "督办单由督办签发、复核、撤回，领导批示由督办录入、撤回（supervision.yaml 的 issued_by）",
        named(SUPERVISION, "issued_by"),
        (
            Door("POST /api/v1/cases/{key}/supervision-orders", "other_case", ORDER),
            Door("POST /cases/{key}/supervision-orders", "other_case", ORDER),
            Door("POST /api/v1/supervision-orders/{key}/accept", "answered_order", {"text": "同意"}),
            Door("POST /supervision-orders/{key}/accept", "answered_order", {"text": "同意"}),
            Door("POST /api/v1/supervision-orders/{key}/send-back", "answered_order", {"text": "再办"}),
            Door("POST /supervision-orders/{key}/send-back", "answered_order", {"text": "再办"}),
            Door("POST /api/v1/supervision-orders/{key}/upgrade", "order", {"text": "仍未办"}),
            Door("POST /supervision-orders/{key}/upgrade", "order", {"text": "仍未办"}),
            Door("POST /api/v1/supervision-orders/{key}/withdraw", "order", {"text": "发错"}),
            Door("POST /supervision-orders/{key}/withdraw", "order", {"reason": "发错"}),
            Door("POST /api/v1/cases/{key}/leaders-notes", "case", NOTE),
            Door("POST /cases/{key}/leaders-notes", "case", {**NOTE, "asks_answer": "true"}),
            Door("POST /api/v1/leaders-notes/{key}/withdraw", "note", {"text": "录错"}),
            Door("POST /leaders-notes/{key}/withdraw", "note", {"reason": "录错"}),
        ),
    ),
    Duty(
        "督办单、领导批示由主办单位负责人答复",
        only(LEAD),
        (
            Door("POST /api/v1/supervision-orders/{key}/acknowledge", "order", {}),
            Door("POST /supervision-orders/{key}/acknowledge", "order"),
            Door("POST /api/v1/supervision-orders/{key}/answer", "order", {"text": "已办"}),
            Door("POST /supervision-orders/{key}/answer", "order", {"text": "已办"}),
            Door("POST /api/v1/leaders-notes/{key}/answer", "note", {"text": "已办"}),
            Door("POST /leaders-notes/{key}/answer", "note", {"text": "已办"}),
        ),
    ),
    Duty(
        "跟踪台、质检由督办操作，复核由另一位督办",
        only(S),
        (
            Door("POST /api/v1/follow-up/{subject}/followed", "case", {"word": "已电话催办"}, empty=True),
            Door("POST /follow-up/{subject}/followed", "case", {"word": "已电话催办"}, empty=True),
            Door("POST /api/v1/follow-up/{subject}/undo", "case", empty=True),
            Door("POST /follow-up/{subject}/undo", "case", empty=True),
            Door("POST /api/v1/inspections/{key}/score", "drawn", {"points": POINTS, "comment": "好"}),
            Door("POST /inspection/{key}/score", "drawn", empty=True),
            Door("POST /api/v1/inspections/{key}/decision", "objected", {"text": "维持"}),
            Door("POST /inspection/{key}/decision", "objected", {"text": "维持"}, empty=True),
            Door("POST /api/v1/cases/{key}/watch", "case", {"watch": True}),
            Door("POST /cases/{key}/watch", "case", {"watch": "true"}),
        ),
    ),
    Duty(
        "对质检结果的异议由本人提出",
        only(A),
        (
            Door("POST /api/v1/inspections/{key}/objection", "scored", {"text": "不服"}),
            Door("POST /inspection/{key}/objection", "scored", {"reason": "不服"}),
        ),
    ),
    Duty(
        "抽查自动派单由派单员或督办",
        only(D, S),
        (
            Door("POST /api/v1/tickets/{key}/spot-check", "ticket", {"right": True}, empty=True),
            Door("POST /tickets/{key}/spot-check", "ticket", {"verdict": "right"}, empty=True),
        ),
    ),
    Duty(
        "退回市平台（city.yaml 的 returned_by）",
        named(CITY, "returned_by"),
        (
            Door("POST /api/v1/tickets/{key}/city-return", "ticket", {"text": "不属本区"}, empty=True),
            Door("POST /tickets/{key}/city-return", "ticket", {"text": "不属本区"}, empty=True),
        ),
    ),
    Duty(
        "建议答复由可以直接答复的人判断（workflow.yaml 的 answer_directly）",
        Book().roles("ticket", "answer_directly"),
        (Door("POST /tickets/{key}/proposal", "assessed", {"article": "A-1", "version": "1", "accepted": "true"}, empty=True),),
    ),
    Duty(
        "收发异常、市平台上传由派单员、督办和管理员处理",
        only(D, S, M),
        (
            Door("GET /city/upload.xlsx"),
            Door("POST /city/uploaded"),
            Door("POST /city/orders", file=b"nothing"),
            Door("POST /trouble/deliveries/{key}/retry", "delivery"),
            Door("POST /trouble/quarantine/{key}/retry", "quarantined", empty=True),
            Door("POST /trouble/retry", body={"unsent": "$delivery"}),
        ),
    ),
    Duty("未送达的消息由热线、派单、回访人员和督办口头告知", only(A, D, C, S), (
        Door("POST /undelivered/{key}/told", "ticket"),
    )),
    Duty("意见征集由知识管理员和督办管理", only(K, S), (
        Door("POST /opinion-desk/new", body=ASKED), Door("POST /opinion-desk/{key}/edit", "consultation_draft", ASKED),
        Door("POST /opinion-desk/{key}/publish", "consultation_draft"), Door("POST /opinion-desk/{key}/close", "consultation"),
        Door("POST /opinion-desk/{key}/summary", "consultation_over", {"summary": "已采纳"}),
        Door("POST /opinion-desk/{key}/links", "consultation", {"many": "2"}),
        Door("POST /opinion-desk/{key}/answers/{answer}/contact", "consultation", empty=True))),
    Duty("意见征集的查看", only(K, S, U), (
        Door("GET /opinion-desk"), Door("GET /opinion-desk/new"), Door("GET /opinion-desk/{key}", "consultation"),
        Door("GET /opinion-desk/{key}/edit", "consultation_draft"), Door("GET /opinion-desk/{key}/answers.csv", "consultation"))),
    Duty("未送达的查看", only(A, D, C, S, U), (Door("GET /undelivered"),)),
    Duty("向诉求人了解情况由热线、派单、督办人员和主办单位", only(A, D, S, OFFICER, LEAD), (
        Door("POST /api/v1/tickets/{key}/ask-back", "ticket", {"text": "请问具体门牌号是多少？"}),
        Door("POST /tickets/{key}/ask-back", "ticket", {"text": "请问具体门牌号是多少？"}),
    )),
    Duty("收发异常的查看", only(D, S, M, U), (Door("GET /trouble"), Door("GET /trouble/quarantine/{key}", "quarantined"))),
    Duty("自动派单的查看", only(D, S, M, U), (
        Door("GET /api/v1/automatic"), Door("GET /automatic"),
        Door("GET /api/v1/automatic/{category}", "category"), Door("GET /automatic/{category}", "category"),
    )),
    Duty("标记来电、群体事件的查看", DESK | {U}, (
        Door("GET /api/v1/caller-marks"), Door("GET /caller-marks"),
        Door("GET /api/v1/events"), Door("GET /events"),
        Door("GET /api/v1/events/{key}", "event"), Door("GET /events/{key}", "event"),
    )),
    Duty("个人信息申请、市平台工单的查看", DESK | {M, U}, (
        Door("GET /api/v1/person-requests"), Door("GET /person-requests"), Door("GET /city"),
    )),
    Duty("居民档案、值班表由热线中心人员查看", DESK | {C, M, U}, (
        Door("GET /api/v1/residents/{key}", "resident"), Door("GET /residents/{key}", "resident"),
        Door("GET /api/v1/duty"), Door("GET /duty"),
    )),
    Duty("告警由被呼叫的人、督办、管理员、审计员查看", only(S, M, U), (
        Door("GET /api/v1/alerts/{key}", "alert"), Door("GET /alerts/{key}", "alert"),
    )),
    Duty("移交记录、研判质量、流程版本更新的预览由督办、管理员、审计员查看", only(S, M, U), (
        Door("GET /api/v1/hand-overs"), Door("GET /hand-overs"), Door("GET /api/v1/open-work", query="?unit=$unit"),
        Door("GET /api/v1/workflow/migration"),
        Door("GET /quality"), Door("GET /quality/tickets", empty=True), Door("GET /api/v1/models/quality"),
        Door("GET /export/quality.csv", empty=True),
    )),
    Duty("组件样例在演示时人人可看，平时由管理员查看", EVERYBODY, (Door("GET /gallery"),)),
    Duty("看板、晨报由督办、管理员、审计员查看", only(S, M, U), (
        Door("GET /board"), Door("GET /board/data"), Door("GET /board/table", query="?panel=rates"),
        Door("GET /board/behind", query="?what=open"), Door("GET /board/map.json"), Door("GET /board/report"),
        Door("GET /export/board.csv", query="?panel=ageing"), Door("GET /export/board-report.xlsx"),
        Door("GET /export/behind.csv", query="?what=open"),
    )),
    Duty("跟踪台由督办、审计员查看", only(S, U), (Door("GET /api/v1/follow-up"), Door("GET /follow-up"))),
    Duty("质检由督办、审计员和被质检的人查看", only(S, U, A, D, C), (
        Door("GET /api/v1/inspections"), Door("GET /inspection"),
        Door("GET /api/v1/inspections/figures"), Door("GET /inspection/figures"),
    )),
    Duty("自己的质检结果", only(A, D, C), (Door("GET /inspection/mine"),)),
    Duty("一份质检由督办、审计员和本人查看", only(S, U, A), (
        Door("GET /api/v1/inspections/{key}", "scored"), Door("GET /inspection/{key}", "scored"),
    )),
    Duty("退单统计由派单、督办、管理、审计和承办单位查看", only(D, S, M, U, OFFICER, LEAD), (
        Door("GET /api/v1/returns"), Door("GET /returns"),
    )),
    Duty("附件可能显露诉求人：与居民联系的人和承办单位可下载", only(A, D, C, OFFICER, LEAD), (
        Door("GET /tickets/{key}/attachments/{file_id}", "ticket", empty=True),
        Door("GET /tickets/{key}/attachments/{file_id}/picture", "ticket", empty=True),
        Door("GET /tickets/{key}/attachments/{file_id}/thumbnail", "ticket", empty=True),
    )),
    Duty("办件附件可能显露诉求人：与居民联系的人、督办和承办单位可下载", only(A, D, C, S, OFFICER, LEAD), (
        Door("GET /api/v1/cases/{key}/files/{file_id}", "case", empty=True),
        Door("GET /cases/{key}/files/{file_id}", "case", empty=True),
        Door("GET /cases/{key}/files/{file_id}/thumbnail", "case", empty=True),
        Door("GET /cases/{key}/files/{file_id}/picture", "case", empty=True),
    )),
    Duty("人人可看，承办单位只看本单位及下级主办、协办的办件", EVERYBODY, (
        Door("GET /api/v1/tickets"), Door("GET /tickets"), Door("GET /tickets/beside"), Door("GET /tickets/claims"),
        Door("GET /tickets/{key}/at-desk", "ticket"),
        Door("GET /api/v1/tickets/{key}", "ticket"), Door("GET /tickets/{key}", "ticket"),
        Door("GET /tickets/{key}/proposal", "ticket"),
        Door("GET /tickets/{key}/conversation", "ticket"), Door("GET /api/v1/cases/{key}/notes", "case"),
        Door("GET /api/v1/cases"), Door("GET /cases"), Door("GET /todo"),
        Door("GET /api/v1/cases/{key}", "case"), Door("GET /cases/{key}", "case"),
        Door("GET /cases/print", query="?case=$other_case"), Door("GET /cases/{key}/print", "case"),
        Door("GET /cases/{key}/qr.svg", "case"),
        Door("POST /api/v1/cases/{key}/reply-check", "case", {"text": "已经修好"}),
        Door("POST /cases/{key}/reply-check", "case", {"text": "已经修好"}),
        Door("GET /api/v1/cases/{key}/supervision", "case"),
        Door("GET /api/v1/requests"), Door("GET /requests"),
        Door("GET /api/v1/absences"), Door("GET /absences"),
        Door("GET /api/v1/alerts"), Door("GET /banner"),
        Door("GET /api/v1/notices"), Door("GET /notices"), Door("GET /notices/unread"), Door("POST /notices/read"),
        Door("POST /api/v1/notices/{key}/read", "nothing", empty=True),
        Door("GET /api/v1/rates"), Door("GET /rates"), Door("GET /rates/tickets", empty=True),
        Door("GET /export/cases.csv"), Door("GET /export/tickets.csv"), Door("GET /export/rates.csv"),
        Door("GET /api/v1/workflow"), Door("GET /workflow"),
        Door("GET /workflow/graph.mmd"), Door("GET /workflow/graph.svg"),
    )),
)  # fmt: skip
