"""What each error of a unit's own desk says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import unit_errors as unit
from casework.case_file_errors import TooManyPhotos

PROBLEMS: dict[type[Exception], Problem] = {
    TooManyPhotos: (422, "too-many-photos", lambda e: f"一次最多 {e.most} 张照片，请分几次添加"),
    unit.UnknownSavedReply: (404, "unknown-saved-reply", lambda _: "没有这个答复模板，可能已被同事删除，请刷新查看"),
    unit.TooManySaved: (409, "too-many-saved", lambda e: f"本单位已存 {e.most} 个答复模板，请先删除不用的"),
}
