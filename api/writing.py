"""A write from a route: one transaction, in a worker thread, once for each ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from api import idempotency
from api.auth import CurrentDesk, CurrentVisitor
from api.storable import check_storable

Work = Callable[[Session], dict[str, Any]]


class Writer:
    """Runs a route's write as the visitor."""

    def __init__(self, request: Request, desk: CurrentDesk, who: CurrentVisitor, key: str) -> None:
        self.desk = desk
        self.actor = who.actor
        self.now = desk.now()
        self._path = request.url.path
        self._key = key

    async def run(self, asked: object, work: Work) -> dict[str, Any]:
        """Do ``work`` in one transaction and return its answer; ``asked`` is the request's content.

        Raises ``Unstorable`` for a text that holds NUL or half a surrogate pair, whichever the database.
        """
        check_storable(asked)
        return await run_in_threadpool(self._run, idempotency.fingerprint(self._path, asked), work)

    def _run(self, asked: str, work: Work) -> dict[str, Any]:
        with self.desk.database.write.begin() as session:
            done = idempotency.find(session, self.actor.id, self._key, asked)
            if done is not None:
                return done
            answer = work(session)
            idempotency.keep(session, self.actor.id, self._key, asked, answer, now=self.now)
            return answer


def writer(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Writer:
    """The writer of this request."""
    return Writer(request, desk, who, idempotency_key)


CurrentWriter = Annotated[Writer, Depends(writer)]
