"""Whom the pages of administration and of the audit are for; part of ``role_duties``."""

from __future__ import annotations

from district.process import Role
from tests.integration.role_doors import Door, Duty

NEWCOMER = {"name": "新人", "role": "agent"}
ADMINISTRATION = (
    Duty(
        "用户、模型、锁定由管理员管理",
        frozenset({Role.ADMINISTRATOR}),
        (
            Door("GET /admin/users/new"),
            Door("POST /admin/users/new", body=NEWCOMER | {"login": "somebody"}),
            Door("POST /admin/users/{key}", "user", NEWCOMER),
            Door("POST /admin/users/{key}/disable", "user"),
            Door("POST /admin/users/{key}/enable", "user"),
            Door("POST /admin/users/{key}/sign-out", "user"),
            Door("POST /admin/users/{key}/totp", "user"),
            Door("POST /admin/users/{key}/password", "user"),
            Door("POST /admin/lock-outs/release", body={"login": "somebody", "address": "127.0.0.1"}),
            Door("POST /admin/models/promote", body={"version": "2026-01-01.1"}, empty=True),
        ),
    ),
    Duty(
        "管理页面和审计由管理员和审计员查看",
        frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
        (
            *(Door(f"GET /admin{path}") for path in ("", "/users", "/channels", "/jobs", "/settings", "/models")),
            Door("GET /admin/users/{key}", "user"),
            Door("GET /admin/pack"),
            Door("GET /admin/pack/directory"),
            Door("GET /audit"),
            Door("GET /audit.csv"),
            Door("POST /audit/verify"),
        ),
    ),
)
