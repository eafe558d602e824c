"""Stand-ins of remote platforms for trying and testing: real HTTP and SMTP, by the published protocols."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp


def _wechat() -> ASGIApp:
    from api.standins.wechat.app import create_app
    from api.standins.wechat.platform import Platform

    return create_app(Platform())


def _telegram() -> ASGIApp:
    from api.standins.telegram.app import create_app
    from api.standins.telegram.platform import Platform

    return create_app(Platform())


def _city() -> ASGIApp:
    from api.standins.city.app import create_app
    from api.standins.city.platform import Platform

    return create_app(Platform())


def _sms() -> ASGIApp:
    from api.standins.sms.app import create_app
    from api.standins.sms.platform import Platform

    return create_app(Platform())


STANDINS: dict[str, Callable[[], ASGIApp]] = {
    "wechat": _wechat,
    "telegram": _telegram,
    "sms": _sms,
    "city": _city,
}
"""The platforms spoken to over HTTP, each with what makes its application; nothing is imported before it is called."""
