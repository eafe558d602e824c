"""Rendering: one Jinja environment with autoescaping, and the filters that say times and states in the desk's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from api.auth import Visitor, desk_of
from api.web import navigation
from casework.privacy import mask_name, mask_text
from district import formulas

CHANNEL_LABELS = {
    "wechat": "微信",
    "mailbox": "信箱",
    "telegram": "Telegram",
    "hotline": "热线",
    "walk_in": "窗口",
    "city": "市级平台",
    "web": "网页",
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
}
SATISFACTION_LABELS = {"satisfied": "满意", "basically_satisfied": "基本满意", "dissatisfied": "不满意"}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates' environment, made once."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": formulas.percent,
        "points": formulas.points,
        "left": left,
        "mask": mask_text,
        "mask_name": mask_name,
        "channel": lambda name: CHANNEL_LABELS.get(name, name),
        "urgency": lambda name: URGENCY_LABELS.get(name, name),
        "level": lambda name: LEVEL_LABELS.get(name, name),
        "satisfaction": lambda name: SATISFACTION_LABELS.get(name, name),
        "plain": _plain,
    }
    return made


def _plain(number: Decimal | int) -> str:
    """A numerator or denominator without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def left(span: timedelta) -> str:
    """还剩 3 小时 12 分, 已超 2 天: open time in two units."""
    seconds = int(abs(span).total_seconds())
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes = rest // 60
    parts = [f"{days} 天"] if days else []
    if hours or days:
        parts.append(f"{hours} 小时")
    if not days:
        parts.append(f"{minutes} 分")
    return ("已超 " if span < timedelta(0) else "还剩 ") + " ".join(parts[:2])


def ago(at: datetime, now: datetime) -> str:
    """3 分钟前, 2 小时前, 昨天: short and relative; the exact moment stands in the title."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "刚刚"
    if seconds < 3600:
        return f"{int(seconds // 60)} 分钟前"
    if seconds < 86400:
        return f"{int(seconds // 3600)} 小时前"
    days = int(seconds // 86400)
    return "昨天" if days == 1 else f"{days} 天前" if days < 30 else f"{at:%Y-%m-%d}"


def moment(at: datetime | None, now: datetime, zone: Any) -> Markup:
    """A time as HTML: relative to read, exact on hover and for machines."""
    if at is None:
        return Markup("—")
    local = at.astimezone(zone)
    exact = f"{local:%Y年%m月%d日 %H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), exact, ago(at, now))


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


def shared(request: Request) -> dict[str, Any]:
    """What every page and fragment may use: the desk's names and the words for times."""
    desk = desk_of(request)
    now = desk.now()
    zone = desk.district.calendars.zone
    return {
        "manifest": desk.district.manifest,
        "demo": desk.settings.demo,
        "now": now,
        "moment": lambda at: moment(at, now, zone),
        "exact": lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "—",
        "highlight": highlight,
        "district": desk.district,
    }


def page(request: Request, template: str, who: Visitor | None, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page."""
    demo = desk_of(request).settings.demo
    visited = {
        "request": request,
        "who": who,
        "csrf": who.csrf if who else "",
        "menu": navigation.menu(who.actor, request.url.path, demo=demo) if who else [],
    }
    html = environment().get_template(template).render(shared(request) | visited | values)
    headers = {"cache-control": "no-store"} if who else {}
    return HTMLResponse(html, status, headers=headers)


def fragment(template: str, **values: Any) -> str:
    """A piece of a page."""
    return environment().get_template(template).render(values)


def error_page(request: Request, status: int, sentence: str) -> HTMLResponse:
    """A page that says what is the matter and offers one act."""
    return page(request, "error.html", None, status, sentence=sentence, status_code=status)
