"""The life of an article: 草稿 → 待审 → 已发布 (→ 待复核) → 已过期 or 已撤下. Who may do what, from which state.

Knowledge editors write, review and publish; a unit's lead writes, withdraws and confirms what his unit or one below
answers for. Nobody publishes a version at which he wrote. What is out goes on answering while its next version is
written: it is replaced at the moment that one comes out. Times are aware; days are those of the district's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from district.pack import District
from district.process import Role
from district.schemas import ArticleSource, UnitKind
from knowledge import attachments, content, writing
from knowledge.acts import Acting, record
from knowledge.attachments import Attach, Attached
from knowledge.errors import (
    ArticleExists,
    ArticleExpired,
    ArticleNotFound,
    ArticleStateRefused,
    EditedMeanwhile,
    NotOwnUnit,
    PublishedByAuthor,
    ReasonMissing,
    ReviewDayPast,
    RoleRefused,
    UnfitMoment,
    UnknownArticleCategory,
    UnknownArticleUnit,
    UnknownStreet,
)
from knowledge.tables import Article, ArticleVersion
from storage.database import is_id
from storage.numbers import next_number

Act = Literal["write", "submit", "send_back", "publish", "withdraw", "confirm", "discard", "restore"]
WORDS: Mapping[Act, str] = {
    "write": "编写知识条目",
    "submit": "提交审核",
    "send_back": "退回",
    "publish": "发布",
    "withdraw": "撤下",
    "confirm": "确认",
    "discard": "舍弃草稿",
    "restore": "取回草稿",
}
EDITOR = frozenset({Role.KNOWLEDGE_EDITOR})
WITH_LEAD = EDITOR | {Role.UNIT_LEAD}
FARTHEST = timedelta(days=366)
"""So far ahead a publication can be planned; nobody remembers it longer."""

ROLES: Mapping[Act, frozenset[Role]] = {
    "write": WITH_LEAD,
    "submit": WITH_LEAD,
    "send_back": EDITOR,
    "publish": EDITOR,
    "withdraw": WITH_LEAD,
    "confirm": WITH_LEAD,
    "discard": WITH_LEAD,
    "restore": WITH_LEAD,
}
STATES = {
    "draft": "草稿",
    "review": "待审",
    "approved": "待发布",
    "published": "已发布",
    "due": "待复核",
    "expired": "已过期",
    "withdrawn": "已撤下",
    "discarded": "已舍弃",
    "replaced": "已被替换",
}
"""States of articles and of versions, for people."""


def may(district: District, actor: Acting, act: Act, unit: str) -> bool:
    """Whether the actor's role allows the act on what this unit answers for, whatever the state."""
    if actor.role not in ROLES[act]:
        return False
    return actor.role is not Role.UNIT_LEAD or unit in district.units.descendants(actor.unit)


def open_to(district: District, actor: Acting, article: Article, version: ArticleVersion | None) -> frozenset[Act]:
    """The acts that role, state and four eyes leave this actor now; ``version`` is the one being written.

    Whether a draft can be taken back, ``discarding.restorable`` says.
    """
    state = version.status if version is not None else ""
    fitting: set[Act] = set()
    if state == "draft":
        fitting.add("discard")
    if state in ("", "draft") and article.status != "discarded":
        fitting.add("write")
    if state == "draft" or (not state and article.status == "withdrawn"):
        fitting.add("submit")
    if state in ("review", "approved"):
        fitting.add("send_back")
        if version is not None and actor.id not in version.editors:
            fitting.add("publish")
    if article.status == "published":
        fitting |= {"withdraw", "confirm"}
    return frozenset(act for act in fitting if may(district, actor, act, article.unit))


def check(district: District, actor: Acting, act: Act, number: str, unit: str) -> None:
    """Nothing, if ``may`` says so. Raises ``NotOwnUnit``, ``RoleRefused``."""
    if may(district, actor, act, unit):
        return
    if actor.role in ROLES[act]:
        raise NotOwnUnit(number, unit)
    raise RoleRefused(WORDS[act], "知识管理员" if ROLES[act] == EDITOR else "知识管理员或责任单位负责人")


def take(session: Session, district: District, key: str, act: Act, actor: Acting) -> Article:
    """The article, held against others until the transaction ends.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``.
    """
    wanted = or_(Article.number == key, Article.id == key) if is_id(key) else Article.number == key
    article = session.scalar(select(Article).where(wanted).with_for_update())
    if article is None:
        raise ArticleNotFound(key)
    check(district, actor, act, article.number, article.unit)
    return article


def _check_names(district: District, given: Mapping[str, Any]) -> None:
    if given["category"] not in district.taxonomy:
        raise UnknownArticleCategory(given["category"])
    if given["unit"] not in district.units:
        raise UnknownArticleUnit(given["unit"])
    street = given["street"]
    if street and (street not in district.units or district.units.get(street).kind is not UnitKind.STREET):
        raise UnknownStreet(street)


def today(district: District, now: datetime) -> date:
    """The district's day of that moment."""
    return now.astimezone(district.calendars.zone).date()


def free_number(session: Session) -> str:
    """The next number that no article has: those that a pack brought stand among them."""
    while True:
        number = f"KB-{next_number(session, 'article'):04d}"
        if session.scalar(select(Article.id).where(Article.number == number)) is None:
            return number


def create(
    session: Session,
    district: District,
    source: ArticleSource,
    *,
    actor: Acting,
    now: datetime,
    files: Sequence[Attached] = (),
) -> Article:
    """A new article, a draft, under the number that the text names (``free_number`` for one of its own).

    The number of one that was thrown away may be taken: its row begins anew. Raises ``RoleRefused``, ``NotOwnUnit``,
    ``ArticleExists``, ``TooManyAttachments``, and the three for names that the district has not.
    """
    given = content.of_source(source)
    check(district, actor, "write", source.id, source.unit)
    _check_names(district, given)
    files = attachments.sound(files)
    article = session.scalar(select(Article).where(Article.number == source.id).with_for_update())
    if article is None:
        article = writing.begin(source.id, given, by=actor.id, now=now)
        session.add(article)
        try:
            session.flush()
        except IntegrityError as problem:  # somebody took the number a moment ago
            raise ArticleExists(source.id) from problem
        made = writing.add_first(session, article, given, by=actor.id, now=now, files=files)
    elif article.status == "discarded":
        made = writing.add_version(session, article, given, by=actor.id, now=now, files=files)
    else:
        raise ArticleExists(source.id)
    told = attachments.told((), files)
    record(session, article, made.version, "created", actor=actor, now=now, reason=told)
    return article


def edit(
    session: Session,
    district: District,
    key: str,
    source: ArticleSource | None,
    *,
    actor: Acting,
    now: datetime,
    base: int | None = None,
    attach: Attach = tuple,
) -> ArticleVersion | None:
    """A new draft version with this text and these files; None if both are what the latest version has.

    ``source``: None for the text as it is. ``base`` is the version it was written on. Raises ``ArticleNotFound``,
    ``RoleRefused``, ``NotOwnUnit``, ``ArticleStateRefused`` for a version in review or waiting to come out and for an
    article that was thrown away, ``EditedMeanwhile``, ``TooManyAttachments``, what ``attach`` raises, and the three
    for names.
    """
    article = take(session, district, key, "write", actor)
    if source is not None:
        check(district, actor, "write", article.number, source.unit)
        _check_names(district, content.of_source(source))
    version = writing.open_version(session, article)
    if version is not None and version.status != "draft":
        raise ArticleStateRefused(article.number, STATES[version.status], "修改，请先退回")
    if article.status == "discarded":
        raise ArticleStateRefused(article.number, STATES[article.status], "修改，请先取回")
    latest = version.version if version is not None else article.version
    if base is not None and base != latest:
        raise EditedMeanwhile(article.number, latest, base)
    says = content.of_version(version.content) if version is not None else content.of_article(article)
    given = content.of_source(source) if source is not None else says
    there = attachments.of(version or writing.standing_version(session, article))
    files = attachments.sound(attach(there))
    if (says, there) == (given, files):
        return None
    made = writing.add_version(session, article, given, by=actor.id, now=now, files=files)
    if given != says:
        record(session, article, made.version, "edited", actor=actor, now=now)
    if files != there:
        told = attachments.told(there, files)
        record(session, article, made.version, "attached", actor=actor, now=now, reason=told)
    return made


def submit(session: Session, district: District, key: str, *, actor: Acting, now: datetime) -> ArticleVersion:
    """Ask for the review of the draft. What was withdrawn is submitted again as it was, as a new version.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``, ``ArticleStateRefused``, and ``UnknownArticleCategory``
    or ``UnknownArticleUnit`` for what an import left open.
    """
    article = take(session, district, key, "submit", actor)
    version = writing.open_version(session, article)
    if version is None and article.status == "withdrawn":
        version = _again(session, article, actor=actor, now=now)
    if version is None or version.status != "draft":
        raise ArticleStateRefused(article.number, STATES[version.status if version else article.state], "提交审核")
    _check_names(district, content.of_version(version.content))
    version.status = "review"
    record(session, article, version.version, "submitted", actor=actor, now=now)
    return version


def _again(session: Session, article: Article, *, actor: Acting, now: datetime) -> ArticleVersion:
    """The withdrawn text as a new version; who wrote it then still may not publish it."""
    before = writing.standing_version(session, article)
    made = writing.add_version(session, article, content.of_article(article), by=actor.id, now=now)
    made.editors = list(dict.fromkeys([*(before.editors if before is not None else []), *made.editors]))
    return made


def send_back(
    session: Session, district: District, key: str, *, actor: Acting, now: datetime, reason: str
) -> ArticleVersion:
    """Back to its writers, with a reason; a version that waits for its moment is stopped by it too.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``ArticleStateRefused``, ``ReasonMissing``.
    """
    article = take(session, district, key, "send_back", actor)
    version = _reviewed(session, article, "退回")
    if not reason.strip():
        raise ReasonMissing("退回")
    version.status, version.publish_at = "draft", None
    record(session, article, version.version, "sent_back", actor=actor, now=now, reason=reason.strip())
    return version


def _reviewed(session: Session, article: Article, wanted: str) -> ArticleVersion:
    version = writing.open_version(session, article)
    if version is None or version.status == "draft":
        raise ArticleStateRefused(article.number, STATES[version.status if version else article.state], wanted)
    return version


def publish(
    session: Session, district: District, key: str, *, actor: Acting, now: datetime, publish_at: datetime | None = None
) -> ArticleVersion:
    """The reviewed version comes out: now, or at ``publish_at`` by itself (``upkeep``).

    Raises ``ArticleNotFound``, ``RoleRefused``, ``ArticleStateRefused``, ``PublishedByAuthor``, ``UnfitMoment``,
    ``ArticleExpired`` for a text that is out of force by then.
    """
    article = take(session, district, key, "publish", actor)
    version = _reviewed(session, article, "发布")
    if actor.id in version.editors:
        raise PublishedByAuthor(article.number, actor.name)
    if publish_at is not None and not timedelta(0) < publish_at - now <= FARTHEST:
        raise UnfitMoment(article.number)
    _check_in_force(article, content.of_version(version.content), today(district, publish_at or now))
    if publish_at is not None:
        version.status, version.publish_at = "approved", publish_at
        record(session, article, version.version, "scheduled", actor=actor, now=now)
    else:
        writing.put_out(session, article, version, today=today(district, now), now=now)
        record(session, article, version.version, "published", actor=actor, now=now)
    return version


def _check_in_force(article: Article, given: Mapping[str, Any], on: date) -> None:
    last = given["valid_until"]
    if last is not None and last < on:
        raise ArticleExpired(article.number, last.isoformat())


def withdraw(session: Session, district: District, key: str, *, actor: Acting, now: datetime, reason: str) -> Article:
    """Take what is out out of use, with a reason. A version being written stays.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``, ``ArticleStateRefused``, ``ReasonMissing``.
    """
    article = take(session, district, key, "withdraw", actor)
    if article.status != "published":
        raise ArticleStateRefused(article.number, STATES[article.state], "撤下")
    if not reason.strip():
        raise ReasonMissing("撤下")
    writing.take_out(session, article, "withdrawn", now=now)
    record(session, article, article.version, "withdrawn", actor=actor, now=now, reason=reason.strip())
    return article


def confirm(
    session: Session, district: District, key: str, *, actor: Acting, now: datetime, review_due: date | None = None
) -> Article:
    """What is out is still right; it is looked at again on ``review_due``, or after ``writing.REVIEW_AFTER``.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``, ``ArticleStateRefused``, ``ReviewDayPast``,
    ``ArticleExpired``.
    """
    article = take(session, district, key, "confirm", actor)
    day = today(district, now)
    if article.status != "published":
        raise ArticleStateRefused(article.number, STATES[article.state], "确认")
    if review_due is not None and review_due <= day:
        raise ReviewDayPast(article.number)
    _check_in_force(article, content.of_article(article), day)
    article.reviewed_at = now
    article.review_due = review_due or day + writing.REVIEW_AFTER
    article.review_asked_at = None
    record(session, article, article.version, "confirmed", actor=actor, now=now)
    return article
