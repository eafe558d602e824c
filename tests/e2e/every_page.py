"""Every page of the desk: how its address is filled, and as whom it is opened.

A route that answers with HTML and is neither in ``PAGES`` nor in ``NO_PAGES`` fails ``test_accessibility``: whoever adds
a page adds its row. ``$name`` of an address is a thing of ``role_things``.
"""

from __future__ import annotations

from dataclasses import dataclass

from district.process import Role
from tests.integration.role_rules import Place, Standing

AGENT, DISPATCHER, CALLBACK = Standing(Role.AGENT), Standing(Role.DISPATCHER), Standing(Role.CALLBACK_AGENT)
EDITOR, SUPERVISOR, ADMINISTRATOR = (
    Standing(Role.KNOWLEDGE_EDITOR),
    Standing(Role.SUPERVISOR),
    Standing(Role.ADMINISTRATOR),
)
AUDITOR, LEAD = Standing(Role.AUDITOR), Standing(Role.UNIT_LEAD, Place.LEAD)


@dataclass(frozen=True)
class Page:
    """A page to open; ``route`` is its path as the application has it, where the address fills it in."""

    address: str
    who: Standing | None = None
    route: str = ""

    @property
    def path(self) -> str:
        return self.route or self.address.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.address} ({self.who or 'everybody'})"


TICKET, CASE, ARTICLE = "/tickets/{key}", "/cases/{key}", "/articles/{key}"
PAGES = (
    Page("/login"),
    Page("/appeal"),
    Page("/follow"),
    Page("/q/$told_code", route="/q/{code}"),
    Page("/q/$code", route="/q/{code}"),
    Page("/search?q=路灯"),
    Page("/search?q=路灯", AGENT),
    Page("/knowledge/$article", route="/knowledge/{key}"),
    Page("/gallery", ADMINISTRATOR),
    Page("/tickets?queue=1", DISPATCHER),
    Page("/tickets", AUDITOR),
    Page("/tickets?q=没有这样的诉求", AGENT),
    Page("/tickets/$assessed", DISPATCHER, TICKET),
    Page("/tickets/$ticket", AGENT, TICKET),
    Page("/tickets/$told", CALLBACK, TICKET),
    Page("/tickets/$case_ticket", LEAD, TICKET),
    Page("/cases", SUPERVISOR),
    Page("/cases?state=open", DISPATCHER),
    Page("/cases/$case", LEAD, CASE),
    Page("/cases/$case", SUPERVISOR, CASE),
    Page("/todo", LEAD),
    Page("/requests", DISPATCHER),
    Page("/requests", SUPERVISOR),
    Page("/returns", DISPATCHER),
    Page("/residents/$resident", DISPATCHER, "/residents/{key}"),
    Page("/person-requests", SUPERVISOR),
    Page("/callbacks", CALLBACK),
    Page("/caller-marks", SUPERVISOR),
    Page("/conversations", AGENT),
    Page("/calls", AGENT),
    Page("/calls/demo/$call", AGENT, "/calls/{account}/{call_id}"),
    Page("/rates", SUPERVISOR),
    Page("/rates/tickets?by=unit&key=&rate=resolution_rate&part=denominator", SUPERVISOR),
    Page("/automatic", SUPERVISOR),
    Page("/automatic/$category?figure=shadow", SUPERVISOR, "/automatic/{category}"),
    Page("/events", SUPERVISOR),
    Page("/events/$event", DISPATCHER, "/events/{key}"),
    Page("/follow-up", SUPERVISOR),
    Page("/inspection", SUPERVISOR),
    Page("/inspection/mine", AGENT),
    Page("/inspection/figures", SUPERVISOR),
    Page("/inspection/$drawn", SUPERVISOR, "/inspection/{key}"),
    Page("/inspection/$objected", AGENT, "/inspection/{key}"),
    Page("/articles", AGENT),
    Page("/articles/gaps", EDITOR),
    Page("/articles/import", EDITOR),
    Page("/articles/new", EDITOR),
    Page("/articles/manage", EDITOR),
    Page("/articles/feedback", EDITOR),
    Page("/articles/$article", EDITOR, ARTICLE),
    Page("/articles/$article/edit", EDITOR, "/articles/{key}/edit"),
    Page("/articles/$article/versions", EDITOR, "/articles/{key}/versions"),
    Page("/articles/$article/versions/1", EDITOR, "/articles/{key}/versions/{number}"),
    Page("/city", DISPATCHER),
    Page("/notices", LEAD),
    Page("/day-notices", AGENT),
    Page("/day-notices/new", EDITOR),
    Page("/day-notices/$notice/edit", EDITOR, "/day-notices/{key}/edit"),
    Page("/board?wall=1", SUPERVISOR),
    Page("/trouble", DISPATCHER),
    Page("/undelivered", DISPATCHER),
    Page("/quality", SUPERVISOR),
    Page("/quality/tickets?what=judged", SUPERVISOR),
    Page("/absences", LEAD),
    Page("/hand-overs", ADMINISTRATOR),
    Page("/duty", SUPERVISOR),
    Page("/alerts/$alert", SUPERVISOR, "/alerts/{key}"),
    Page("/staff", ADMINISTRATOR),
    Page("/password", AGENT),
    Page("/workflow", SUPERVISOR),
    Page("/simulator"),
    *(Page(f"/simulator/{door}", route="/simulator/{key}") for door in ("hotline", "mailbox", "walk_in", "open311")),
    Page("/there-is-no-such-page"),
    Page("/appeal/solved"),
    *(
        Page(f"/appeal/$form/{step}", route=f"/appeal/{{key}}/{step}")
        for step in ("words", "place", "photos", "contact", "check")
    ),
    Page("/appeal/$urgent_form/urgent", route="/appeal/{key}/urgent"),
    Page("/appeal/$urgent_form/done", route="/appeal/{key}/done"),
    Page("/q/$code/slip", route="/q/{code}/slip"),
    Page("/knowledge"),
    Page("/opinions"),
    Page("/opinions/$consultation_number", route="/opinions/{number}"),
    Page("/opinion-desk", SUPERVISOR),
    Page("/opinion-desk/new", SUPERVISOR),
    Page("/opinion-desk/$consultation", SUPERVISOR, "/opinion-desk/{key}"),
    Page("/opinion-desk/$consultation_draft/edit", SUPERVISOR, "/opinion-desk/{key}/edit"),
    Page("/dispatch", DISPATCHER),
    Page("/callbacks/$told", CALLBACK, "/callbacks/{key}"),
    Page("/register", AGENT),
    Page("/register/done", AGENT),
    Page("/counter", AGENT),
    Page("/counter/sheet", AGENT),
    Page("/saved-replies", LEAD),
    Page("/cases/print?case=$other_case", DISPATCHER),
    Page("/cases/$case/print", LEAD, "/cases/{key}/print"),
    Page("/board", SUPERVISOR),
    Page("/board/behind?what=open", SUPERVISOR),
    Page("/board/report", SUPERVISOR),
    Page("/signed-in", AGENT),
    Page("/page-reports", ADMINISTRATOR),
    Page("/trouble/quarantine/$quarantined", ADMINISTRATOR, "/trouble/quarantine/{key}"),
    Page("/admin", ADMINISTRATOR),
    Page("/admin/channels", ADMINISTRATOR),
    Page("/admin/jobs", ADMINISTRATOR),
    Page("/admin/settings", ADMINISTRATOR),
    Page("/admin/users", ADMINISTRATOR),
    Page("/admin/users/new", ADMINISTRATOR),
    Page("/admin/users/$user", ADMINISTRATOR, "/admin/users/{key}"),
    Page("/admin/models", ADMINISTRATOR),
    Page("/admin/pack", ADMINISTRATOR),
    Page("/admin/pack/directory", ADMINISTRATOR),
    Page("/audit", AUDITOR),
)

A_PIECE, A_FILE, ELSEWHERE, AN_ENDLESS_ANSWER = (
    "a piece of a page",
    "a file",
    "it leads to another page",
    "an endless answer",
)
NO_PAGES = {
    "/": ELSEWHERE,
    "/q": ELSEWHERE,
    "/language": ELSEWHERE,
    "/banner": A_PIECE,
    "/notices/unread": A_PIECE,
    "/conversations/rows": A_PIECE,
    "/conversations/waiting": A_PIECE,
    "/conversations/live": AN_ENDLESS_ANSWER,
    "/login/code": "only between password and code: test_signing_in_pages",
    "/login/oidc": ELSEWHERE,
    "/login/oidc/callback": ELSEWHERE,
    "/login/oidc/out": ELSEWHERE,
    "/session": A_PIECE,
    "/captcha.png": A_FILE,
    "/appeal/{key}": ELSEWHERE,
    "/appeal/{key}/answer": "only where the knowledge base has one: test_resident_pages",
    "/appeal/{key}/alike": "only where others reported the same: test_resident_pages",
    "/appeal/{key}/photos/{blob}": A_FILE,
    "/q/{code}/qr.svg": A_FILE,
    "/tickets/arrivals/live": AN_ENDLESS_ANSWER,
    "/tickets/beside": A_PIECE,
    "/tickets/claims": A_PIECE,
    "/tickets/{key}/at-desk": A_PIECE,
    "/register/places": A_PIECE,
    "/register/heard": A_PIECE,
    "/counter/template.xlsx": A_FILE,
    "/counter/sheet/{token}": "the preview of a sheet of one's own: test_registering",
    "/counter/sheet/{token}/progress": A_PIECE,
    "/counter/sheet/{token}/rejects": A_FILE,
    "/board/live": AN_ENDLESS_ANSWER,
    "/board/data": A_PIECE,
    "/board/table": A_PIECE,
    "/board/map.json": A_FILE,
    "/cases/{key}/files/{file_id}/picture": A_FILE,
    "/cases/{key}/files/{file_id}/thumbnail": A_FILE,
    "/cases/{key}/qr.svg": A_FILE,
    "/opinion-desk/{key}/answers.csv": A_FILE,
    "/export/behind.csv": A_FILE,
    "/export/board.csv": A_FILE,
    "/export/board-report.xlsx": A_FILE,
    "/audit.csv": A_FILE,
    "/tickets/{key}/live": AN_ENDLESS_ANSWER,
    "/tickets/{key}/conversation": A_PIECE,
    "/tickets/{key}/proposal": A_PIECE,
    "/calls/events": AN_ENDLESS_ANSWER,
    "/calls/{account}/{call_id}/events": AN_ENDLESS_ANSWER,
    "/search/suggestions": A_PIECE,
    "/simulator/tickets": A_PIECE,
    "/simulator/city/orders": A_PIECE,
    "/simulator/hotline/call": A_PIECE,
    "/simulator/mailbox/letters": A_PIECE,
    "/simulator/open311/services": A_PIECE,
    "/simulator/telegram/chat": A_PIECE,
    "/simulator/walk_in/row": A_PIECE,
    "/simulator/wechat/chat": A_PIECE,
    "/person-requests/{key}/copy": A_FILE,
    "/tickets/{key}/attachments/{file_id}": A_FILE,
    "/tickets/{key}/attachments/{file_id}/picture": A_FILE,
    "/tickets/{key}/attachments/{file_id}/thumbnail": A_FILE,
    "/cases/{key}/files/{file_id}": A_FILE,
    "/articles/{key}/files/{file_id}": A_FILE,
    "/articles/{key}/files/{file_id}/picture": A_FILE,
    "/articles/{key}/files/{file_id}/thumbnail": A_FILE,
    "/knowledge/{key}/files/{file_id}": A_FILE,
    "/export/tickets.csv": A_FILE,
    "/export/cases.csv": A_FILE,
    "/export/rates.csv": A_FILE,
    "/export/quality.csv": A_FILE,
    "/export/gaps.csv": A_FILE,
    "/export/follow-up.{form}": A_FILE,
    "/city/upload.xlsx": A_FILE,
    "/workflow/graph.svg": A_FILE,
    "/workflow/graph.mmd": A_FILE,
    "/sitemap.xml": A_FILE,
}
"""Addresses of the pages' routers that are no pages, and why."""
