"""Rendering: one Jinja environment with autoescaping, and the filters that say times and states in the desk's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from api import case_files
from api.auth import Visitor, desk_of
from api.previews import DRAWN
from api.web import navigation, reading, static_files
from api.web.attachments import kind_of
from api.web.language import HTML_NAMES, TIMES, Catalogue, TimeWords, catalogue
from api.web.translating import Unchanged, Worded
from casework.deadlines import ClockView
from casework.privacy import mask_name, mask_text
from district import formulas
from district.duty import LABELS as ALERT_LABELS

VERSION = version("yingsheng")
_NUMBER = re.compile(r"(?<![\d-])0\d{2,3}-\d{3,4}-?\d{4}(?![\d-])", re.ASCII)
CHANNEL_LABELS = {
    "wechat": "微信",
    "mailbox": "信箱",
    "sms": "短信",
    "telegram": "Telegram",
    "hotline": "热线",
    "walk_in": "窗口",
    "city": "市平台",
    "web": "网页",
    "wecom_robot": "企业微信群",
}
URGENCY_LABELS = {"normal": "一般", "urgent": "紧急", "emergency": "突发"}
LEVEL_LABELS = {
    "green": "正常",
    "yellow": "将到期",
    "red": "即将到期",
    "overdue": "已逾期",
    "paused": "停表",
    "done": "按时",
    "late": "逾期完成",
    "withdrawn": "已撤销",
}
SENDING_LABELS = {
    "sent": "已发送",
    "queued": "待发送",
    "leased": "发送中",
    "failed": "发送失败",
    "perhaps_sent": "可能已送达",
    "dead": "多次未发出",
    "waiting": "稍后发送",
    "grouped": "与别的告知合并发送",
    "to_tell": "待电话告知",
    "told": "已电话告知",
    "to_upload": "待上传市平台",
    "uploaded": "已上传市平台",
    "withdrawn": "已撤回，没有发出",
}
REPORTED_LABELS = {
    "sent": "市平台已接收",
    "queued": "待报送",
    "leased": "报送中",
    "failed": "市平台未接收",
    "dead": "多次未报出",
}
"""Of an act that a platform above is told: it is never "sent" to the resident."""
CITY_ACT_LABELS = {"receipt": "签收", "answer": "答复", "return": "退回", "extension": "延期"}
MESSAGE_LABELS = {"voice": "语音", "image": "图片", "video": "视频", "location": "位置", "link": "链接", "file": "文件"}
LONG_AGO = 30
"""Days after which a moment is given as a date alone."""
RESIDENTS = ("/appeal", "/q/", "/follow", "/knowledge", "/opinions", "/captcha")
"""Where pages for residents begin: nobody who signs in comes by them."""
SURE_FROM = 0.3
"""A suggestion below this probability is not worth a clerk's belief: lists say 拿不准 and nothing is chosen for him."""
SATISFACTION_LABELS = {"satisfied": "满意", "basically_satisfied": "基本满意", "dissatisfied": "不满意"}


def _sending(state: str, act: str = "") -> str:
    return (REPORTED_LABELS if act else {}).get(state) or SENDING_LABELS.get(state, state)


class Templates(FileSystemLoader):
    """Templates whose files of ``/static`` have their hashes (``static_files.hashed``)."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """As the file has it, but for those addresses."""
        source, path, is_current = super().get_source(environment, template)
        return static_files.hashed(source), path, is_current


def environment() -> Environment:
    """The templates' environment in the language of the request that is answered."""
    return environment_of(reading.chosen().language)


@lru_cache
def environment_of(language: str) -> Environment:
    """Made once for each language. The other than Chinese has its words put in as it compiles templates."""
    made = (Unchanged if language == "zh" else Worded)(
        loader=Templates(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said: Callable[[Any], Any] = _as_it_is
    if isinstance(made, Worded):
        words = catalogue(language)
        made.translate = words.translate
        said = _saying(words)
    filters: dict[str, Callable[..., Any]] = {
        "said": said,
        "percent": lambda share: said(formulas.percent(share)),
        "points": lambda score: said(formulas.points(score)),
        "left": left,
        "mask": mask_text,
        "mask_name": mask_name,
        "channel": lambda name: said(CHANNEL_LABELS[name]) if name in CHANNEL_LABELS else name,
        "urgency": lambda name: said(URGENCY_LABELS[name]) if name in URGENCY_LABELS else name,
        "level": lambda name: said(LEVEL_LABELS[name]) if name in LEVEL_LABELS else name,
        "alert_kind": lambda kind: said(ALERT_LABELS[kind]) if kind in ALERT_LABELS else kind,
        "satisfaction": lambda name: said(SATISFACTION_LABELS[name]) if name in SATISFACTION_LABELS else name,
        "sending": lambda state, act="": said(_sending(state, act)),
        "city_act": lambda act: said(CITY_ACT_LABELS[act]) if act in CITY_ACT_LABELS else act,
        "message_kind": lambda name: said(MESSAGE_LABELS.get(name, "")),
        "plain": _plain,
        "dialled": dialled,
        "size": size,
        "file_kind": lambda media_type: said(kind_of(media_type)),
    }
    made.filters |= filters
    made.globals["case_file_endings"] = case_files.ENDINGS
    made.tests["drawn"] = lambda media_type: media_type in DRAWN
    return made


def _as_it_is(value: Any) -> Any:
    return value


def _saying(words: Catalogue) -> Callable[[Any], Any]:
    """Says a sentence of our code; what a macro has made is HTML, with its words said already."""
    return lambda value: words.said(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def said(sentence: str) -> str:
    """A sentence of our own code in the reader's language, for what no template shows."""
    language = reading.chosen().language
    return sentence if language == "zh" else catalogue(language).said(sentence)


def _plain(number: Decimal | int) -> str:
    """A numerator or denominator without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(count: int) -> str:
    """How large a file is, as phones and computers say it: 812 B, 34 KB, 2.1 MB."""
    for unit, factor in (("MB", 1_000_000), ("KB", 1_000)):
        if count >= factor:
            number = f"{count / factor:.{1 if unit == 'MB' else 0}f}"
            return f"{number.removesuffix('.0')} {unit}"
    return f"{count} B"


def left(clock: ClockView) -> str:
    """还剩 3 小时 12 分（工作时间）, 已超 2 天: what is left of a clock, in two units at most.

    Open time is told in hours: a day of it is not a day of the wall, and who reads 1 天 would count on that.
    """
    return _times().left(clock.left, overdue=clock.level == "overdue" or clock.left < timedelta(0), basis=clock.basis)


def ago(at: datetime, now: datetime) -> str:
    """3 分钟前, 2 小时前, 5 天前; of what is still to come 21 小时后."""
    return _times().ago(now - at)


def _times() -> TimeWords:
    return TIMES[reading.chosen().language]


def moment(at: datetime | None, now: datetime, zone: Any) -> Markup:
    """A time as HTML: relative to read, exact on hover, and in ``data-exact`` for fingers and paper (desk.css)."""
    if at is None:
        return Markup("—")
    local = at.astimezone(zone)
    exact, short = _times().exact(local), brief(at, now, zone)
    words = ago(at, now)
    if (now - at).days >= LONG_AGO:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), exact, short)
    return Markup('<time datetime="{}" title="{}" data-exact="{}">{}</time>').format(
        local.isoformat(), exact, short, words
    )


def brief(at: datetime, now: datetime, zone: Any) -> str:
    """The moment in figures, without the year when it is this one."""
    local = at.astimezone(zone)
    return f"{local:%m-%d %H:%M}" if local.year == now.astimezone(zone).year else f"{local:%Y-%m-%d %H:%M}"


def when(at: datetime | None, now: datetime, zone: Any) -> Markup:
    """A time as HTML where there is room for both: 11-24 09:30 · 3 小时前."""
    if at is None:
        return Markup("—")
    local = at.astimezone(zone)
    words = brief(at, now, zone) if (now - at).days >= LONG_AGO else f"{brief(at, now, zone)} · {ago(at, now)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), _times().exact(local), words)


def highlight(text: str, reasons: list[dict[str, Any]]) -> Markup:
    """The text with the words that spoke for the suggestion marked; everything is escaped."""
    spans = sorted({(r["start"], r["end"]) for r in reasons if 0 <= r["start"] < r["end"] <= len(text)})
    out, at = Markup(), 0
    for start, end in spans:
        if start < at:
            continue
        out += escape(text[at:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        at = end
    return out + escape(text[at:])


def dialled(text: str) -> Markup:
    """The text with its telephone numbers to be dialled by a tap, each on one line; everything is escaped."""
    out, at = Markup(), 0
    for each in _NUMBER.finditer(text):
        out += escape(text[at : each.start()]) + Markup('<a href="tel:{0}">{0}</a>').format(each.group())
        at = each.end()
    return out + escape(text[at:])


def shared(request: Request) -> dict[str, Any]:
    """What every page and fragment may use: the desk's names and the words for times."""
    desk = desk_of(request)
    now = desk.now()
    zone = desk.district.calendars.zone
    return {
        "manifest": desk.district.manifest,
        "reading": reading.chosen(),
        "html_language": HTML_NAMES[reading.chosen().language],
        "release": VERSION,
        "demo": desk.settings.demo,
        "now": now,
        "moment": lambda at: moment(at, now, zone),
        "when": lambda at: when(at, now, zone),
        "brief": lambda at: brief(at, now, zone),
        "exact": lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "—",
        "sure_from": SURE_FROM,
        "highlight": highlight,
        "district": desk.district,
    }


def here(request: Request) -> str:
    """Where one comes back to: this page, or the one whose form was refused."""
    if request.method in ("GET", "HEAD"):
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return came_from(request)


def _of_the_queue(request: Request) -> bool:
    """Whether the page belongs to 待处理: the queue itself, or a ticket opened from it."""
    return request.url.path != "/tickets" or request.query_params.get("queue") in ("1", "true")


def page(request: Request, template: str, who: Visitor | None, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page."""
    demo = desk_of(request).settings.demo
    visited = {
        "request": request,
        "this_page": here(request),
        "who": who,
        "csrf": who.csrf if who else "",
        "menu": navigation.menu(who.actor, request.url.path, queue=_of_the_queue(request), demo=demo) if who else [],
    }
    html = environment().get_template(template).render(shared(request) | visited | values)
    headers = {"cache-control": "no-store"} if who else {}
    return HTMLResponse(html, status, headers=headers)


def fragment(template: str, **values: Any) -> str:
    """A piece of a page."""
    return environment().get_template(template).render(values)


def document(template: str, **values: Any) -> str:
    """A paper that is handed out: in Chinese, whatever language the one who makes it reads."""
    return environment_of("zh").get_template(template).render(values)


def piece(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A piece of a page that says times in the desk's words; it is never kept by a browser."""
    html = environment().get_template(template).render(shared(request) | values)
    return HTMLResponse(html, headers={"cache-control": "no-store"})


def error_page(request: Request, status: int, sentence: str) -> HTMLResponse:
    """A page that says what is the matter and offers one act: back to the page the mistake was made on."""
    back = came_from(request) if request.method == "POST" else ""
    for_residents = request.url.path.startswith(RESIDENTS)
    return page(request, "error.html", None, status, sentence=sentence, back=back, for_residents=for_residents)


def came_from(request: Request) -> str:
    """The path of the page of this desk that a form was on; empty for another's."""
    page = urlsplit(request.headers.get("referer", ""))
    return page.path if page.netloc == request.url.netloc else ""
