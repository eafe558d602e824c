"""Busy is what a moment mends; a fault of ours is not told as one."""

from __future__ import annotations

import sqlite3

import httpx
import psycopg.errors
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from api import errors
from api.busy import is_busy
from storage.database import Database


def _wrapped(problem: Exception) -> OperationalError:
    return OperationalError("SELECT 1", {}, problem)


@pytest.mark.parametrize(
    "problem",
    [
        sqlite3.OperationalError("database is locked"),
        sqlite3.OperationalError("database table is locked: tickets"),
        psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
        psycopg.errors.SerializationFailure("could not serialize access"),
        psycopg.errors.DeadlockDetected("deadlock detected"),
        psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        psycopg.OperationalError("connection failed: connection to server at 127.0.0.1 failed: Connection refused"),
    ],
)
def test_a_lock_a_time_out_and_a_lost_connection_are_busy(problem: Exception) -> None:
    assert is_busy(_wrapped(problem))


@pytest.mark.parametrize(
    "problem",
    [
        sqlite3.OperationalError("no such column: tickets.follows"),
        sqlite3.OperationalError("no such table: tickets"),
        sqlite3.OperationalError("disk I/O error"),
        psycopg.errors.DiskFull("could not extend file"),
    ],
)
def test_a_missing_column_is_not_busy(problem: Exception) -> None:
    assert not is_busy(_wrapped(problem))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_missing_column_is_answered_as_our_fault(database: Database) -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/broken")
    def broken() -> None:
        with database.read() as session:
            session.execute(text("SELECT nobody FROM tickets"))

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["title"]) == (500, "internal")


def test_no_connection_free_in_time_is_busy_and_no_fault() -> None:
    found = errors.problem_of(NoConnectionFree())
    assert found is not None
    assert found[:2] == (503, "busy")
