"""Set a home up: schema, rules, articles, model, index. Each part is done once and can be stopped and repeated."""

from __future__ import annotations

from collections.abc import Callable

from api.desk import Desk
from casework import rules
from storage import identity, migrate
from storage.locks import try_lock

Say = Callable[[str], None]


class SetUpElsewhere(Exception):
    """Another process is setting the same home up."""

    def __init__(self) -> None:
        super().__init__("另一个进程正在初始化同一目录，请稍候再试")


def set_up(desk: Desk, say: Say) -> None:
    """Bring the home to a state that can be served. What is there already is kept."""
    lock = try_lock(desk.database, desk.home, "set-up")
    if lock is None:
        raise SetUpElsewhere
    try:
        _database(desk, say)
        _articles(desk, say)
        _model(desk, say)
        _index(desk, say)
    finally:
        lock.release()


def is_set_up(desk: Desk) -> bool:
    """Whether schema and model are there, sound or not; the index builds itself from the database."""
    from api.models import promoted

    current, newest = migrate.revision(desk.database)
    return current == newest and promoted(desk) is not None


def _database(desk: Desk, say: Say) -> None:
    current, newest = migrate.revision(desk.database)
    if current != newest:
        say("建立数据库结构……")
        migrate.upgrade(desk.database)
    with desk.database.write.begin() as session:
        rules.keep(session, desk.district, now=desk.now())
    tell_states_in_use(desk, say)


def tell_states_in_use(desk: Desk, say: Say) -> None:
    """Say which states the pack has no more though open cases stand in them: they go on by the rules they have."""
    from api.rule_changing import states_in_use

    for sentence in states_in_use(desk, desk.district):
        say(f"注意：{sentence}")


def _articles(desk: Desk, say: Say) -> None:
    from api.models import import_pack_articles

    added = import_pack_articles(desk)
    if added:
        say(f"导入知识 {added} 条")


def _model(desk: Desk, say: Say) -> None:
    """A model where there is none to serve with. One that is broken is left to a person while another stands in."""
    from api import models

    current = models.promoted(desk)
    why = models.fault(desk, current) if current else "没有启用的模型"
    if not why:
        return
    if current and (found := models.stand_in(desk, current)):
        say(f"启用的模型 {current} 不可用：{why}；暂用 {found.version}，请运行 yingsheng doctor")
        return
    from api import learning

    if current:
        say(f"启用的模型 {current} 不可用：{why}，也没有可以代替的版本")
    say("训练研判模型（约一分钟）……")
    given = learning.sources(desk)
    uncompared = f"启用的模型 {current} 不可用" if current else "此前没有启用的模型"
    say(f"模型 {learning.learn_without_comparison(desk, given, say, why=uncompared).version} 就绪")


def _index(desk: Desk, say: Say) -> None:
    """A standing index is caught up by whoever opens it; opening it here too would make every start wait twice."""
    from api.models import index_stands

    if not index_stands(desk):
        say("建立知识索引……")
        desk.follower.catch_up()


DEMO_PASSWORD = "yuquan-demo"  # noqa: S105  known to everybody: serve refuses it on any address but loopback

DEMO_USERS = (
    ("agent", "坐席·周敏", "agent", ""),
    ("dispatcher", "派单员·何立", "dispatcher", ""),
    ("callback", "回访员·许静", "callback_agent", ""),
    ("editor", "知识管理员·方晴", "knowledge_editor", ""),
    ("supervisor", "督办·顾明", "supervisor", ""),
    ("admin", "管理员·罗成", "administrator", ""),
    ("auditor", "审计员·沈言", "auditor", ""),
)


def add_demo_users(desk: Desk) -> list[tuple[str, str]]:
    """Users of each role with the demo password, and an officer and a lead for the units most cases go to.

    Return (login, what he is).
    """
    users = [*DEMO_USERS, *_unit_users(desk)]
    with desk.database.write.begin() as session:
        identity.add_demo_users(session, users, password=DEMO_PASSWORD, now=desk.now())
    return [(login, name) for login, name, _, _ in users]


def _unit_users(desk: Desk) -> list[tuple[str, str, str, str]]:
    """``officer``/``lead`` for the first bureau, and ``officer-U012``/``lead-U012`` for every unit that is not a
    community, so that a case can be followed wherever it goes.
    """
    users = []
    for unit in desk.district.units:
        if unit.kind in {"community", "desk"}:
            continue
        short = unit.short_name or unit.name
        users.append((f"officer-{unit.code}", f"{short}·承办人", "unit_officer", unit.code))
        users.append((f"lead-{unit.code}", f"{short}·负责人", "unit_lead", unit.code))
    return users


def has_demo_users(desk: Desk) -> bool:
    """Whether anybody can sign in with the password everybody knows."""
    with desk.database.read() as session:
        return any(user.demo and not user.disabled for user in identity.list_users(session))
