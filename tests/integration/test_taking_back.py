"""撤回: what was just taken back is told as such, and its ticket waits again, in words that say so."""

from __future__ import annotations

import pytest

from tests.integration.interface import World, csrf, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


def test_who_takes_a_dispatch_back_reads_that_it_waits_again(world: World) -> None:
    key = world.ticket()
    desk = signed_in(world, "dispatcher")
    page = desk.get(f"/tickets/{key}").text
    told = desk.post(
        f"/tickets/{key}/accept", data={"csrf": csrf(page), "unit": "U001", "reason": "试派"}, follow_redirects=True
    ).text
    assert "已派给" in told
    undo = told.split('data-undo="')[0].rsplit('action="', 1)[1].split('"')[0]
    back = told.split('name="back" value="')[1].split('"')[0]
    number = back.split("done=")[1]
    after = desk.post(undo, data={"csrf": csrf(told), "text": "派错", "back": back}, follow_redirects=True).text
    assert "已撤回派单，工单回到待处理，等待重新派单：" in after
    assert '<span class="state">待派单</span></h1>' in after
    assert "已撤销" in desk.get(f"/cases/{undo.split('/')[2]}").text
    row = desk.get("/tickets", params={"queue": "1", "q": number}).text.split("data-ticket=")[1].split("</tr>")[0]
    assert ">待派单<" in row
    assert "办理中" not in row
    assert "待派单" in desk.get("/export/tickets.csv", params={"q": number}).text
