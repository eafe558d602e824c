"""Which roles the acts on tickets, cases and people are for (``role_duties`` says how a row is read)."""

from __future__ import annotations

from district.process import Role
from tests.integration.role_administration import ADMINISTRATION
from tests.integration.role_doors import Door, Duty
from tests.integration.role_rules import ROLES, Book

A, D, C = Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT
S, M, U = Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR
OFFICER, LEAD = Role.UNIT_OFFICER, Role.UNIT_LEAD
EVERYBODY = frozenset(ROLES)
DESK = frozenset({A, D, S})


def only(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


WORDS = {"text": "请稍等"}
WHY = {"reason": "other", "text": "核对诉求人"}
DAY = {"starts": "2026-03-25T09:00:00+08:00", "ends": "2026-03-26T09:00:00+08:00"}
LOCAL = {name: at[:16] for name, at in DAY.items()}
AWAY = {"login": "$officer", "stand_in": "$lead"}
SHIFT = {"login": "agent", "position": 1}
MOVED = {"source": "$unit", "target": "$stranger", "reason": "职责调整"}
ROSTER = "开始,结束,用户名\n2026-03-25 09:00,2026-03-25 18:00,agent\n".encode()
MATTER = {"text": "小区门口路灯不亮", "phone": "13900000166"}
SHEET = "日期,时间,姓名,诉求内容\n2026-03-05,09:10,李先生,路灯不亮\n".encode()
STAFF = "用户名,姓名,角色,单位\nnewcomer,新人,坐席,\n".encode()

ACTS = (
    Duty(
        "工作流数据包规定（workflow.yaml）",
        None,
        (
            Door("POST /api/v1/cases/{key}/transitions/{name}"),
            Door("POST /cases/{key}/do/{name}"),
            Door("POST /api/v1/cases/{key}/requests/{kind}"),
            Door("POST /cases/{key}/ask/{kind}"),
            Door("POST /api/v1/cases/{key}/files"),  # who may act on the case at all: test_case_files
            Door("POST /cases/{key}/files"),
            Door("POST /cases/{key}/files/photos"),
            Door("POST /api/v1/requests/{key}/decision"),
            Door("POST /requests/{key}/decide"),
            Door("POST /api/v1/requests/{key}/withdraw"),  # its asker's alone: test_open_requests
            Door("POST /requests/{key}/withdraw"),
            Door("POST /api/v1/tickets/{key}/transitions/{name}"),
            Door("POST /tickets/{key}/do/{name}"),
            Door("POST /api/v1/tickets/{key}/callbacks"),
            Door("POST /tickets/{key}/callback"),
        ),
    ),
    Duty(
        "批量派单与派单同权（workflow.yaml 的 dispatch）",
        Book().roles("case", "dispatch"),
        (
            Door("POST /api/v1/cases/dispatch", body={"cases": ["$open_case"], "unit": "$unit", "text": "批量"}),
            Door("POST /cases/dispatch", body={"case": "$open_case", "unit": "$unit", "text": "批量"}),
        ),
    ),
    Duty(
        "承办单位批量签收、看本单位动态、自存答复模板",
        only(OFFICER, LEAD),
        (
            Door("POST /todo/sign", body={"case": "$other_case"}),
            Door("POST /todo/seen"),
            Door("GET /saved-replies"),
            Door("POST /saved-replies", body={"name": "路灯", "text": "已修复【地点】的路灯。"}),
            Door("POST /saved-replies/{key}/remove", "nothing", empty=True),
        ),
    ),
    Duty("派单台由派单员和督办使用", only(D, S), (Door("GET /dispatch"),)),
    Duty(
        "工单归属由热线中心坐席、派单员和督办决定；承办单位、审计员不得改动",
        DESK,
        (
            Door("POST /api/v1/tickets/{key}/accept", "assessed"),
            Door("POST /tickets/{key}/accept", "assessed"),
            Door("POST /tickets/accept", body={"ticket": "$assessed"}, empty=True),
            Door("POST /api/v1/tickets/{key}/merge", "assessed", {"case": "$case"}),
            Door("POST /tickets/{key}/merge", "assessed", {"case": "$case"}),
            Door("POST /api/v1/cases/{key}/merge", "case", {"into": "$other_case"}),
            Door("POST /cases/{key}/merge", "case", {"into": "$other_case"}),
            Door("POST /api/v1/tickets/{key}/unmerge", "second", {"text": "不是一回事"}),
            Door("POST /tickets/{key}/unmerge", "second", {"text": "不是一回事"}),
            Door("POST /api/v1/events/{key}/merge", "event"),
            Door("POST /events/{key}/merge", "event"),
            Door("POST /api/v1/events/{key}/tickets/{ticket}/out", "event"),
            Door("POST /events/{key}/tickets/{ticket}/out", "event"),
            Door("POST /api/v1/events/{key}/tickets/{ticket}/back", "event", empty=True),
            Door("POST /events/{key}/tickets/{ticket}/back", "event", empty=True),
        ),
    ),
    Duty(
        "归并、核实电话由坐席、派单员或督办办理，不凭姓名",
        DESK,
        (
            Door("POST /api/v1/residents/{key}/joins", "resident", {"lost": "$other_resident", "proof": "called", "reason": "已回拨"}),
            Door("POST /residents/{key}/join", "resident", {"lost": "$other_resident", "proof": "called", "reason": "已回拨"}),
            Door("POST /api/v1/resident-joins/{key}/undo", "join", {"reason": "并非同一人"}),
            Door("POST /resident-joins/{key}/undo", "join", {"reason": "并非同一人"}),
            Door("POST /api/v1/residents/{key}/verified-phone", "resident", {"phone": "13900000000", "reason": "已回拨"}),
            Door("POST /residents/{key}/phone", "resident", {"phone": "13900000000", "reason": "已回拨"}),
        ),
    ),
    Duty(
        "由与居民联系的坐席、派单员、回访员和督办登记",
        DESK | {C},
        (
            Door("PUT /api/v1/residents/{key}/wishes", "resident", {"language": "粤语"}),
            Door("POST /residents/{key}/wishes", "resident", {"language": "粤语"}),
            Door("PUT /api/v1/tickets/{key}/confidential", "ticket", {"confidential": True}),
            Door("POST /tickets/{key}/confidential", "ticket", {"confidential": "yes"}),
            Door("POST /api/v1/tickets/{key}/urgings", "ticket", {"text": "怎么还没来"}),
            Door("POST /tickets/{key}/urging", "ticket", {"text": "怎么还没来"}),
            Door("POST /tickets/{key}/told", "ticket"),
        ),
    ),
    Duty(
        "个人信息申请由坐席或派单员按居民本人要求登记、交付",
        only(A, D),
        (
            Door("POST /api/v1/residents/{key}/requests", "resident", {"kind": "export", "proof": "已核对证件"}),
            Door("POST /residents/{key}/requests", "resident", {"kind": "export", "proof": "已核对证件"}),
            Door("GET /api/v1/person-requests/{key}/copy", "person_request", empty=True),
            Door("GET /person-requests/{key}/copy", "person_request", empty=True),
            Door("POST /api/v1/caller-marks", body={"tickets": ["$ticket", "$case_ticket"], "text": "反复辱骂"}, empty=True),
            Door("POST /caller-marks", body={"tickets": "$ticket $case_ticket", "text": "反复辱骂"}, empty=True),
        ),
    ),
    Duty(
        "个人信息申请由督办或管理员审批；人员、机构变动和自动派单的开关也归其管理",
        only(S, M),
        (
            Door("POST /api/v1/person-requests/{key}/decision", "person_request", {"approve": True, "text": "同意"}),
            Door("POST /person-requests/{key}", "person_request", {"approve": "yes", "text": "同意"}),
            Door("POST /api/v1/automatic/{category}", "category", {"on": False, "reason": "测试"}),
            Door("POST /automatic/{category}", "category", {"on": "false", "reason": "测试"}),
            Door("POST /api/v1/hand-overs", body=MOVED),
            Door("POST /hand-overs", body=MOVED | {"which": "all"}),
            Door("POST /api/v1/hand-overs/{key}/undo", "hand_over", empty=True),
            Door("POST /hand-overs/{key}/undo", "hand_over", empty=True),
            Door("POST /api/v1/unit-changes/apply"),
            Door("POST /hand-overs/unit-changes"),
            Door("POST /api/v1/duty", body=SHIFT | DAY),
            Door("POST /duty", body=SHIFT | LOCAL),
            Door("POST /api/v1/duty/import", file=ROSTER),
            Door("POST /duty/import", file=ROSTER),
            Door("DELETE /api/v1/duty/{key}", "shift"),
            Door("POST /duty/{key}/strike", "shift"),
            Door("POST /api/v1/alerts/{key}/acknowledge", "alert"),
            Door("POST /alerts/{key}/acknowledge", "alert"),
            Door("POST /api/v1/workflow/migration", body={}),
            Door("POST /workflow/migration"),
        ),
    ),
    Duty(
        "人员名单由管理员管理",
        only(M),
        (
            Door("POST /api/v1/staff/import", file=STAFF),
            Door("GET /staff"),
            Door("POST /staff/contact", body={"login": "agent", "phone": "13800000001"}),
            Door("POST /staff/import", file=STAFF),
            Door("POST /staff/import/{token}", "nothing", empty=True),
        ),
    ),
    *ADMINISTRATION,
    Duty(
        "请假由本人、本单位负责人或管理员登记",
        only(OFFICER, LEAD, M),
        (
            Door("POST /api/v1/absences", "absence", AWAY | DAY),
            Door("POST /absences", "absence", AWAY | LOCAL),
            Door("POST /api/v1/absences/{key}/end", "absence"),
            Door("POST /absences/{key}/end", "absence"),
        ),
    ),
    Duty(
        "标记恶意来电由督办批准、解除；显示诉求人由督办，留痕",
        only(S),
        (
            Door("POST /api/v1/caller-marks/{key}/decision", "mark", {"approve": True}),
            Door("POST /caller-marks/{key}/decide", "mark", {"verdict": "approve"}),
            Door("POST /api/v1/caller-marks/{key}/lift", "mark", {"text": "已道歉"}, empty=True),
            Door("POST /caller-marks/{key}/lift", "mark", {"text": "已道歉"}, empty=True),
            Door("POST /api/v1/tickets/{key}/person", "ticket", WHY),
            Door("POST /tickets/{key}/person", "ticket", WHY),
            Door("POST /api/v1/residents/{key}/person", "resident", WHY),
            Door("POST /residents/{key}/person", "resident", WHY),
        ),
    ),
    Duty("来电、来访由接听和守窗口的坐席、派单员登记", only(A, D), (
        Door("GET /register"), Door("POST /register", body=MATTER), Door("POST /register/look", body=MATTER),
        Door("GET /register/places", query="?q=路"), Door("GET /register/heard", query="?call=demo/none", empty=True),
        Door("GET /register/done"), Door("POST /register/urge", body={"ticket": "$ticket", "text": "还没人来"}),
        Door("POST /register/told", body={"ticket": "$ticket"}),
        Door("GET /counter"), Door("POST /counter", body=MATTER), Door("POST /counter/look", body=MATTER),
        Door("GET /counter/template.xlsx"), Door("GET /counter/sheet"), Door("POST /counter/sheet", file=SHEET),
        Door("GET /counter/sheet/{token}", "nothing", empty=True),
        Door("POST /counter/sheet/{token}", "nothing", empty=True),
        Door("GET /counter/sheet/{token}/progress", "nothing", empty=True),
        Door("GET /counter/sheet/{token}/rejects", "nothing", empty=True))),
    Duty("居民由坐席、派单员或督办应答；承办单位不接管会话", DESK, (
        Door("POST /api/v1/tickets/{key}/take", "assessed"), Door("POST /tickets/{key}/take", "assessed"),
        Door("POST /api/v1/tickets/{key}/hand-back", "assessed"), Door("POST /tickets/{key}/hand-back", "assessed"),
        Door("POST /api/v1/tickets/{key}/messages", "assessed", WORDS), Door("POST /tickets/{key}/say", "assessed", WORDS),
        Door("POST /api/v1/tickets/{key}/typing", "assessed"), Door("POST /tickets/{key}/typing", "assessed"),
        Door("POST /api/v1/tickets/{key}/messages/{message_id}/take-back", "assessed", empty=True),  # test_takeover
        Door("POST /tickets/{key}/said/{message_id}/take-back", "assessed", empty=True))),
    Duty("领取、放回、拆分由热线中心坐席、派单员和督办", DESK, (
        Door("POST /tickets/{key}/claim", "assessed"), Door("POST /tickets/{key}/release", "assessed"),
        Door("POST /tickets/{key}/here", "assessed"), Door("POST /tickets/{key}/left", "assessed"),
        Door("POST /tickets/{key}/undo-merge", "second"),
        Door("POST /tickets/{key}/split", "assessed", {"cut": "3"}, empty=True),  # no model here: test_splitting
        Door("POST /tickets/{key}/undo-split", "assessed", empty=True))),
    Duty("页面问题由审计员以外的人报告，由管理员处理", EVERYBODY - {U}, (
        Door("POST /page-reports", body={"page": "/tickets", "text": "太窄"}),)),
    Duty("页面问题由管理员、审计员查看", only(M, U), (Door("GET /page-reports"),)),
    Duty("页面问题由管理员处理", only(M), (Door("POST /page-reports/{key}/done", "nothing", empty=True),)),
    Duty("会话由应答居民的人和审计员查看", DESK | {U}, (Door("GET /api/v1/conversations"), Door("GET /conversations"),
        Door("GET /conversations/rows"), Door("GET /conversations/waiting"))),
    Duty("内部备注由热线中心和承办单位填写", DESK | {C, OFFICER, LEAD}, (
        Door("POST /api/v1/tickets/{key}/notes", "ticket", WORDS), Door("POST /tickets/{key}/notes", "ticket", WORDS),
        Door("POST /api/v1/cases/{key}/notes", "case", WORDS))),
)  # fmt: skip
