"""What pages cost on a desk with 100,000 matters: the first byte, what a first view moves, what a browser sees.

Pages are asked in turn, with ``/health/live`` and the sign-in page between them as baselines of the same run. The
budget is that of ``docs/benchmarks.md``: what is drawn as a chart (ECharts) is counted apart.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.setting_up import DEMO_PASSWORD, add_demo_users, set_up
from api.settings import Settings
from benchmarks import crowd
from benchmarks.browser_figures import CHROMIUM, watched
from benchmarks.figures import Figure, percentile
from benchmarks.page_views import BARE, LIVE, View, Visitor
from benchmarks.place import Place, texts
from casework.tables import Case, Ticket
from drills.served import Served
from drills.servers import postgres

MATTERS = int(os.environ.get("YINGSHENG_BENCH_MATTERS", "100000"))
ROUNDS = 60
DESK_AIM, BOARD_AIM, WEIGHT_AIM = 150.0, 300.0, 200.0
"""Milliseconds of the first byte (p95), and kB of a first view without charts."""
ALIVE, ENTRANCE = "/health/live of the same server", "/login of the same server"


def run(place: Place) -> list[Figure]:
    """On SQLite, and on PostgreSQL where it is installed."""
    figures = []
    for name, home, url in _homes(place):
        settings = Settings(home=home, database_url=SecretStr(url) if url else None)
        desk = Desk(settings)
        try:
            views = _prepare(desk)
        finally:
            desk.close()
        environment = {"YINGSHENG_DATABASE_URL": url} if url else {}
        with Served(home, {}, more=("--no-jobs",), YINGSHENG_THINK_APART="0", **environment) as served:
            figures += _measure(served.port, name, views)
            if name == "sqlite":
                figures += _seen(served.url, views)
    return figures


@contextmanager
def _postgres_home(place: Place) -> Iterator[tuple[Path, str] | None]:
    with tempfile.TemporaryDirectory(dir=place.folder) as folder, postgres() as url:
        if url is None:
            print("PostgreSQL is not here (apt-get install postgresql)", file=sys.stderr)
            yield None
            return
        home = Path(folder) / "home"
        shutil.copytree(place.home, home, ignore=shutil.ignore_patterns("*.sqlite*", "index", "*.lock"))
        yield home, url


def _homes(place: Place) -> Iterator[tuple[str, Path, str]]:
    yield "sqlite", place.copy(), ""
    with _postgres_home(place) as found:
        if found is not None:
            yield "postgres", *found


def _prepare(desk: Desk) -> list[View]:
    """Fill the desk, and say which pages of it are looked at."""
    set_up(desk, lambda _line: None)
    add_demo_users(desk)
    crowd.fill(desk, cases=MATTERS, texts=texts(desk, 300))
    with desk.database.read() as session:
        return views_of(session)


def views_of(session: Session) -> list[View]:
    """The pages that are looked at, by whom, with what they may cost at most."""
    unit = crowd.largest_unit(session)
    waiting = session.scalars(select(Ticket).where(Ticket.state == "assessed").order_by(Ticket.id)).first()
    case = session.scalars(select(Case).where(Case.lead_unit == unit, Case.state == "in_progress")).first()
    told = session.scalars(select(Ticket).where(Ticket.state == "told").order_by(Ticket.id.desc())).first()
    assert waiting is not None, "nothing waits"
    assert case is not None, "nothing is in progress"
    assert told is not None, "nobody was told"
    officer = f"officer-{unit}"
    narrowed = urlencode({"state": "active", "street": case.street})
    return [
        View("desk", "dispatcher", "/tickets?queue=1", DESK_AIM),
        View("ticket", "dispatcher", f"/tickets/{waiting.number}", DESK_AIM),
        View("todo", officer, "/todo", DESK_AIM),
        View("case", officer, f"/cases/{case.number}", DESK_AIM),
        View("tickets", "dispatcher", "/tickets", DESK_AIM),
        View("cases", "dispatcher", "/cases", DESK_AIM),
        View("cases.narrowed", "dispatcher", f"/cases?{narrowed}", DESK_AIM),
        View("cases.overdue", "supervisor", "/cases?state=overdue", DESK_AIM),
        View("cases.unit", officer, "/cases", DESK_AIM),
        View("search.common", "agent", f"/tickets?{urlencode({'q': '路灯'})}", DESK_AIM),
        View("search.none", "agent", f"/tickets?{urlencode({'q': '没有这样的诉求'})}", DESK_AIM),
        View("search.cases", "dispatcher", f"/cases?{urlencode({'q': '没有这样的诉求'})}", DESK_AIM),
        View("rates", "supervisor", "/rates", BOARD_AIM),
        View("callbacks", "callback", "/callbacks", DESK_AIM),
        View("requests", "dispatcher", "/requests", DESK_AIM),
        View("follow_up", "supervisor", "/follow-up", DESK_AIM),
        View("returns", "supervisor", "/returns", BOARD_AIM),
        View("board", "supervisor", "/board", BOARD_AIM, perhaps=True),
        View("resident", "", f"/q/{told.code}", DESK_AIM),
        BARE,
    ]


def _measure(port: int, database: str, views: Sequence[View]) -> list[Figure]:
    """The first byte of each, asked in turn, and the kB of a first view."""
    visitors = {view.login: Visitor(port, view.login, DEMO_PASSWORD) for view in views}
    there = [view for view in views if visitors[view.login].finds(view)]
    took: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for view in there:
            took[LIVE.name].append(visitors[""].first_byte(LIVE))
            took[view.name].append(visitors[view.login].first_byte(view))
    figures = [
        Figure(
            f"page.{database}.{view.name}.{rank}",
            percentile(took[view.name], share),
            "ms",
            ALIVE,
            percentile(took[LIVE.name], share),
            "lower",
            view.aim if rank == "p95" else None,
        )
        for view in there
        for rank, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    if database != "sqlite":
        return figures
    empty = visitors[""].weight(BARE)
    for view in there:
        weight = visitors[view.login].weight(view)
        aim = WEIGHT_AIM if view is not BARE else None
        figures.append(Figure(f"page.{view.name}.moved", weight.page, "kB", ENTRANCE, empty.page, "lower", aim))
        if weight.charts:
            figures.append(Figure(f"page.{view.name}.charts", weight.charts, "kB", "the page", weight.page, "lower"))
    return figures


def _seen(url: str, views: Sequence[View]) -> list[Figure]:
    if not Path(CHROMIUM).exists():
        print("Chromium is not here (apt-get install chromium)", file=sys.stderr)
        return []
    return watched(url, views, password=DEMO_PASSWORD)
