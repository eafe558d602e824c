"""How WeChat says no."""

from __future__ import annotations


class Refusal(Exception):
    """WeChat's no: its errcode and its words."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
