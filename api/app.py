"""The application: pages, API and channels over one desk, with the jobs beside them unless told otherwise."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.desk import Desk
from api.following import Follower
from api.packing import Packed
from api.rehearsal import rehearse
from api.routes import (
    after_answer,
    appeals,
    article_attachments,
    article_life,
    articles,
    automatic,
    callbacks,
    case_files,
    cases,
    conversations,
    day_notices,
    duty,
    events,
    health,
    inspections,
    knowledge_gaps,
    live_calls,
    merging,
    models,
    notices,
    open311,
    people,
    rates,
    records,
    residents,
    returns,
    search,
    sessions,
    supervision,
    tickets,
    webhooks,
    wechat,
    workflow,
)
from api.web import pages
from triage.errors import UnusableModel

if TYPE_CHECKING:
    from api.jobs.apart import JobsApart
    from api.jobs.runner import JobRunner

log = logging.getLogger(__name__)


def create_app(desk: Desk, *, jobs: JobRunner | JobsApart | None = None) -> FastAPI:
    """An application that serves this desk, and runs its jobs if given. The desk must be set up."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        follower = Follower(desk)
        warming = threading.Thread(target=_warm_up, args=(desk, follower), name="warm-up", daemon=True)
        warming.start()
        await run_in_threadpool(desk.storer.resume)
        if jobs is not None:
            await run_in_threadpool(jobs.start)  # DBOS's plain calls refuse a thread with a running loop
        try:
            yield
        finally:
            if jobs is not None:
                await run_in_threadpool(jobs.stop)
            await run_in_threadpool(follower.stop)
            desk.close()

    app = FastAPI(
        title="应声",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.desk = desk
    errors.install(app)
    for module in (
        health,
        wechat,
        appeals,
        after_answer,
        open311,
        records,
        webhooks,
        sessions,
        tickets,
        merging,
        case_files,
        cases,
        returns,
        callbacks,
        conversations,
        notices,
        day_notices,
        people,
        duty,
        rates,
        models,
        automatic,
        events,
        supervision,
        inspections,
        articles,
        search,
        knowledge_gaps,
        workflow,
        residents,
        live_calls,
    ):
        app.include_router(module.router)
    app.include_router(sessions.of_oneself)
    for router in (article_life.router, article_life.of_feedback, article_life.of_public, article_attachments.router):
        app.include_router(router)
    pages.install(app, desk)
    app.add_middleware(Packed)
    app.add_middleware(Guard, limit=desk.settings.max_body)
    return app


def _warm_up(desk: Desk, follower: Follower) -> None:
    """Load model and index beside the start: the first page does not wait for them."""
    try:
        desk.warm_up()
        rehearse(desk)
    except UnusableModel:
        log.exception("there is no model to judge with")  # the follower opens the index; a mended model is taken up
    except Exception:
        log.exception("warming up failed")
        return
    follower.start()
    desk.thinker.prepare()


HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (
        b"content-security-policy",
        (
            b"default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; frame-ancestors 'self'; "
            b"base-uri 'none'; form-action 'self'"
        ),
    ),
)


NO_STORE = (b"cache-control", b"no-store")


def _keeping(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """What says nothing of how long it may be kept is kept by nobody: it may name a person."""
    return () if any(name.lower() == NO_STORE[0] for name, _ in headers) else (NO_STORE,)


class Guard:
    """Security headers on every answer, and an end to bodies above the limit, whatever length they declare."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise errors.TooLarge(self.limit)
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS, *_keeping(message["headers"])]
            await send(message)

        await self.app(scope, counted, with_headers)
