"""What each error of the residents' own pages says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import self_service_errors as own

PROBLEMS: dict[type[Exception], Problem] = {
    own.UnknownDraft: (404, "unknown-draft", lambda _: "这张表没有找到，可能放得太久已经删除，请重新填写"),
    own.UrgedLately: (429, "urged-lately", lambda _: "不久前刚催办过，承办单位已经收到，请过一天再催"),
    own.NothingAlike: (409, "nothing-alike", lambda _: "那件事刚刚已经答复或办结，不能再加入，您的诉求会单独办理"),
    own.UnknownConsultation: (404, "unknown-consultation", lambda _: "没有找到这项意见征集，可能还没有发布"),
    own.ConsultationOver: (409, "consultation-over", lambda _: "这项意见征集没有在进行，不能再提交意见"),
    own.AnsweredBefore: (409, "answered-before", lambda _: "您已经提交过意见，每人一份，谢谢"),
    own.UnfitOpinion: (422, "unfit-opinion", lambda e: f"{e.field}{e.why}"),
    own.WrongConsultationState: (409, "wrong-state", lambda e: f"这项意见征集{e.state}，不能{e.act}，请刷新后再看"),
}
