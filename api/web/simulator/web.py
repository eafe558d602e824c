"""网页: the resident's own page, in the frame of a telephone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.demo.residents import Person
from api.desk import Desk
from api.web.simulator.door import Door


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    del desk, person
    return {}


DOOR = Door(
    key="web",
    label="网页",
    lead="手机里是居民真实的页面 /appeal：填好提交，得到工单编号和查询页。网页没有回话的线路，结果由回访电话告知。",
    channel="web",
    template="web.html",
    values=_values,
    router=APIRouter(),
    account="default",
    own=False,
)
