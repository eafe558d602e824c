"""Every error of the rooms below, as an answer a person can act on: RFC 9457 problem documents.

``PROBLEMS`` maps each class to status, type and a Chinese sentence; a test proves that no subclass is missing.
"""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from api import (
    calling_problems,
    casework_problems,
    dialogue_problems,
    invalid,
    people_problems,
    resident_problems,
    self_service_problems,
    sign_in_problems,
    supervision_problems,
    unit_problems,
)
from api.busy import is_busy
from api.casework_problems import Problem
from api.clamd import ScannerAway
from api.desk import NotSetUp
from api.idempotency import KeyInUse, KeyReused
from api.models import ModelInUseBroken
from channels import errors as channels
from district import errors as district
from knowledge import errors as knowledge
from knowledge.content import BODY
from storage import errors as storage
from triage import errors as triage

log = logging.getLogger(__name__)

OUT_OF_RANGE = "有一个日期或数字超出了可用的范围，请改正后再提交"
BUSY = "数据库繁忙，请稍后再试"
ROWS = {
    "user": "用户",
    "quarantine": "隔离件",
    "delivery": "消息",
    "notice": "提醒",
    "page_report": "页面问题",
    "rule_version": "规则版本",
}


class NotSignedIn(Exception):
    """The request needs a signed-in user."""


class Forbidden(Exception):
    """The user's role may not do this; ``what`` is Chinese."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class PasswordToChange(Exception):
    """The user's password was given to him once; he sets his own before anything else."""


class UnfitPassword(Exception):
    """The new password, or the one it is to replace, does not fit; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class BadCredentials(Exception):
    """Login and password do not fit."""


class NotFound(Exception):
    """Nothing is at this address; ``what`` is Chinese."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Unstorable(Exception):
    """A text holds NUL, which one of the databases cannot store, or half a surrogate pair, which neither can."""


class TooOften(Exception):
    """One address asks more than its share; ``what`` is Chinese."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class CaptchaWanted(TooOften):
    """One address does more than its share: whoever goes on there answers a captcha first."""


class TooMany(Exception):
    """More of the same is under way than this process takes at once; ``what`` is Chinese."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Unregistrable(Exception):
    """What was written down of a call or a visit cannot be registered so; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooLarge(Exception):
    """The request's body is above the limit, in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"body above {limit}")
        self.limit = limit


def _size(limit: int) -> str:
    return f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1000} KB"


class FieldTooLong(Exception):
    """A field of a form is longer than any may be."""


class UnreadableForm(Exception):
    """The body is no form, or has more fields than any."""


class CallLongOver(Exception):
    """The call was over before the earliest that is still kept: a late piece would stand for the whole of it."""


def _fields(error: RequestValidationError) -> list[dict[str, str]]:
    """Each field that does not fit, as a script names it, and why; never what was given in it."""
    return [
        {"field": ".".join(str(part) for part in each["loc"]), "message": invalid.message(each)}
        for each in error.errors()
    ]


def _invalid(error: RequestValidationError) -> str:
    within = [each | {"loc": each["loc"][1:]} for each in error.errors()]  # the first says body, query or path
    return f"请求内容不符合要求：{invalid.sentence(within)}"


def _unfit(error: DataError) -> str:
    log.warning("the database refuses a value: %s", type(error.orig).__name__)
    return "有一项内容过长，或含有不能保存的字符"


PROBLEMS: dict[type[Exception], Problem] = (
    casework_problems.PROBLEMS
    | resident_problems.PROBLEMS
    | self_service_problems.PROBLEMS
    | calling_problems.PROBLEMS
    | dialogue_problems.PROBLEMS
    | people_problems.PROBLEMS
    | sign_in_problems.PROBLEMS
    | supervision_problems.PROBLEMS
    | unit_problems.PROBLEMS
    | {
        NotSignedIn: (401, "not-signed-in", lambda _: "请先登录"),
        BadCredentials: (401, "bad-credentials", lambda _: "用户名或密码不正确"),
        PasswordToChange: (403, "password-to-change", lambda _: "这是一次性密码，请先改成自己的密码"),
        UnfitPassword: (422, "unfit-password", lambda e: e.why),
        Forbidden: (403, "forbidden", lambda e: e.what),
        NotFound: (404, "not-found", lambda e: e.what),
        TooLarge: (413, "too-large", lambda e: f"内容超过上限 {_size(e.limit)}"),
        FieldTooLong: (
            413,
            "too-large",
            lambda _: f"表单中有一栏内容过长，请缩短后再提交；知识条目的正文最多 {BODY} 字，其他各栏更少",
        ),
        UnreadableForm: (400, "unreadable-form", lambda _: "表单无法读取，请刷新页面后再提交"),
        Unstorable: (422, "unfit", lambda _: "文字中含有不能保存的字符（NUL 或不完整的字符），请删去后再提交"),
        TooOften: (429, "too-often", lambda e: e.what),
        TooMany: (503, "too-many", lambda e: e.what),
        Unregistrable: (422, "unregistrable", lambda e: e.why),
        NotSetUp: (503, "not-set-up", str),
        ModelInUseBroken: (409, "model-in-use-broken", str),
        ScannerAway: (503, "scanner-away", lambda e: e.why),
        KeyReused: (422, "key-reused", lambda _: "这个 Idempotency-Key 已用于另一项请求，请换一个"),
        KeyInUse: (409, "key-in-use", lambda _: "同一个 Idempotency-Key 的请求正在处理，请稍后用它重发以取得结果"),
        CallLongOver: (409, "call-over", lambda _: "这通电话早已结束，不再接收分段，请提交完整的转写"),
        RequestValidationError: (422, "invalid", _invalid),
        channels.UnreadableMessage: (400, "unreadable-message", lambda e: f"报文无法读取：{e}"),
        channels.ForgedMessage: (401, "forged-message", lambda _: "签名校验未通过"),
        channels.ChannelMisconfigured: (503, "channel-misconfigured", lambda e: f"渠道设置有误：{e}"),
        channels.SendDelayed: (503, "send-delayed", lambda e: f"暂未发出：{e.reason}"),
        channels.SendFailed: (502, "send-failed", lambda e: f"发送失败：{e.reason}"),
        channels.SendByHand: (409, "send-by-hand", lambda e: e.reason),
        channels.SendUncertain: (502, "send-uncertain", lambda e: f"可能已发出：{e.reason}"),
        channels.MediaDelayed: (503, "media-delayed", lambda e: f"暂未取回附件：{e.reason}"),
        channels.MediaGone: (410, "media-gone", lambda e: f"附件无法取回：{e.reason}"),
        knowledge.ArticleNotFound: (404, "unknown-article", str),
        knowledge.ArticleExists: (409, "article-exists", str),
        knowledge.VersionNotFound: (404, "unknown-version", str),
        knowledge.FeedbackNotFound: (404, "unknown-feedback", str),
        knowledge.FeedbackResolved: (409, "feedback-resolved", str),
        knowledge.GapNotFound: (404, "unknown-gap", str),
        knowledge.RegulationNotFound: (404, "unknown-regulation", str),
        knowledge.UnfitRegulation: (422, "unfit-regulation", str),
        knowledge.RoleRefused: (403, "not-allowed", str),
        knowledge.NotOwnUnit: (403, "not-own-unit", str),
        knowledge.PublishedByAuthor: (403, "published-by-author", str),
        knowledge.ArticleStateRefused: (409, "wrong-state", str),
        knowledge.EditedMeanwhile: (409, "changed-meanwhile", str),
        knowledge.BaseMissing: (422, "base-missing", str),
        knowledge.NothingToRestore: (409, "nothing-to-restore", str),
        knowledge.UnfitAttachment: (422, "unfit-attachment", str),
        knowledge.TooManyAttachments: (422, "too-many-attachments", str),
        knowledge.AttachmentNotFound: (404, "unknown-attachment", str),
        knowledge.ReasonMissing: (422, "need-missing", str),
        knowledge.UnfitMoment: (422, "unfit-moment", str),
        knowledge.ReviewDayPast: (422, "review-date-past", str),
        knowledge.ArticleExpired: (409, "article-expired", str),
        knowledge.UnknownArticleCategory: (422, "unknown-category", str),
        knowledge.UnknownArticleUnit: (422, "unknown-unit", str),
        knowledge.UnknownStreet: (422, "unknown-street", str),
        knowledge.NoticeNotFound: (404, "unknown-notice", str),
        knowledge.UnfitNotice: (422, "unfit-notice", str),
        knowledge.ForeignNotice: (403, "not-own-unit", str),
        knowledge.NoticeStateRefused: (409, "wrong-state", str),
        knowledge.NoticeChanged: (409, "changed-meanwhile", str),
        knowledge.ProposalChanged: (409, "proposal-changed", str),
        storage.NaiveTime: (500, "naive-time", lambda _: "内部错误：时间缺少时区"),
        storage.BlobMissing: (500, "blob-missing", lambda e: f"原始数据 {e.digest[:12]} 不在磁盘上，请联系管理员"),
        storage.BlobCorrupt: (500, "blob-corrupt", lambda e: f"原始数据 {e.digest[:12]} 已损坏，请联系管理员"),
        storage.UnknownRow: (404, "unknown-row", lambda e: f"没有找到{ROWS.get(e.kind, e.kind)} {e.key}"),
        storage.LoginTaken: (409, "login-taken", lambda e: f"用户名 {e.login} 已被使用"),
        storage.AuditBroken: (500, "audit-broken", lambda e: f"审计链在第 {e.seal} 号封条处断裂：{e.why}"),
        DataError: (422, "unfit", _unfit),
        storage.TimeOutOfRange: (422, "unfit", lambda _: OUT_OF_RANGE),
        OverflowError: (422, "unfit", lambda _: OUT_OF_RANGE),
        NoConnectionFree: (503, "busy", lambda _: BUSY),
        StaleDataError: (409, "changed-meanwhile", lambda _: "刚刚被其他人更新，请刷新后再操作"),
    }
)

GENERAL: dict[type[Exception], Problem] = {
    district.UnfitPackage: (422, "unfit-file", lambda e: f"文件不能读取：{e.why}"),
    district.DistrictError: (500, "district", lambda e: f"区情数据有误：{e}"),
    knowledge.KnowledgeError: (422, "knowledge", str),
    triage.TriageError: (503, "triage", str),
}
"""Bases whose own text is a Chinese sentence already."""


def problem_of(error: Exception) -> Problem | None:
    """The mapping of this error's class or of its nearest mapped base.

    What a value raised on its way into a statement comes wrapped, and is looked for within.
    """
    within = error.orig if isinstance(error, StatementError) and not isinstance(error, DBAPIError) else None
    for kind in type(within or error).__mro__:
        found = PROBLEMS.get(kind) or GENERAL.get(kind)
        if found is not None:
            return found
    return None


def sentence(error: Exception) -> str:
    """The Chinese sentence for an error, for pages and commands."""
    found = problem_of(error)
    return found[2](error) if found else f"内部错误({type(error).__name__})"


def document(request: Request, status: int, kind: str, detail: str, **more: Any) -> JSONResponse:
    """An RFC 9457 problem document."""
    body = {
        "type": f"urn:yingsheng:problem:{kind}",
        "title": kind,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def _handle(request: Request, error: Exception) -> JSONResponse:
    found = problem_of(error)
    if found is None:
        log.error("unexpected %s at %s", type(error).__name__, request.url.path, exc_info=error)
        return document(request, 500, "internal", "系统内部错误，已记录，请稍后再试")
    status, kind, words = found
    return document(request, status, kind, words(error))


def _handle_validation(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        return _handle(request, error)
    return document(request, 422, "invalid", _invalid(error), errors=_fields(error))


def behind(error: Exception) -> Exception:
    """The error itself, or what happened in reading a body, which FastAPI and Starlette wrap."""
    if isinstance(error.__cause__, TooLarge):
        return error.__cause__
    if isinstance(error.__context__, MultiPartException):
        return FieldTooLong() if "maximum size" in error.__context__.message else UnreadableForm()
    return error


def _handle_http(request: Request, error: Exception) -> JSONResponse:
    if (within := behind(error)) is not error:
        return _handle(request, within)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = {400: "请求的格式不对，无法读取", 404: "没有这个地址", 405: "这个地址不接受这种请求"}.get(
        status, "请求无法处理"
    )
    return document(request, status, "http", detail)


def _handle_busy(request: Request, error: Exception) -> JSONResponse:
    if not (isinstance(error, OperationalError) and is_busy(error)):
        return _handle(request, error)
    log.warning("database busy at %s: %s", request.url.path, type(error).__name__)
    return document(request, 503, "busy", BUSY)


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    for kind in (*PROBLEMS, *GENERAL):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(RequestValidationError, _handle_validation)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_exception_handler(OperationalError, _handle_busy)
    app.add_exception_handler(StatementError, _handle)
    app.add_exception_handler(Exception, _handle)
