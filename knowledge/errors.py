"""What can go wrong with knowledge articles and with finding them."""

from __future__ import annotations

from typing import NamedTuple


class KnowledgeError(Exception):
    """Base of this package."""


class ArticleNotFound(KnowledgeError):
    """No article has this id or number."""

    def __init__(self, key: str) -> None:
        super().__init__(f"找不到知识条目“{key}”")
        self.key = key


class ArticleExists(KnowledgeError):
    """A new article asks for a number that is taken."""

    def __init__(self, number: str) -> None:
        super().__init__(f"编号 {number} 已有知识条目，请换一个编号，或修改原有条目")
        self.number = number


class VersionNotFound(KnowledgeError):
    """The article never had this version."""

    def __init__(self, number: str, version: int) -> None:
        super().__init__(f"知识条目 {number} 没有第 {version} 版")
        self.number = number
        self.version = version


class FeedbackNotFound(KnowledgeError):
    """No feedback has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"找不到这条反馈（{key}）")
        self.key = key


class FeedbackResolved(KnowledgeError):
    """The feedback is dealt with already, or asks for nothing: useful is an opinion, not a task."""

    def __init__(self, number: str) -> None:
        super().__init__(f"知识条目 {number} 的这条反馈不需要处理，或已经处理过了")
        self.number = number


class GapNotFound(KnowledgeError):
    """The gaps last computed have none of this topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"知识缺口中没有“{topic}”，可能已重新计算，请刷新页面")
        self.topic = topic


class RegulationNotFound(KnowledgeError):
    """No pair of regulations has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"找不到这条法规替换关系（{key}），可能已被他人删除")
        self.key = key


class UnfitRegulation(KnowledgeError):
    """A pair does not say which regulation was replaced by which; ``place`` counts from 1."""

    def __init__(self, place: int) -> None:
        super().__init__(
            f"第 {place} 条不符合要求：旧法规和新法规都要填写且不相同，旧名称不超过 200 字，新名称不超过 500 字"
        )
        self.place = place


class RoleRefused(KnowledgeError):
    """The actor's role may not do this to articles (domain page, Roles)."""

    def __init__(self, wanted: str, allowed: str) -> None:
        super().__init__(f"您的角色不能{wanted}，请联系{allowed}")
        self.wanted = wanted
        self.allowed = allowed


class NotOwnUnit(KnowledgeError):
    """A unit lead writes and withdraws what his own unit, or one below it, answers for."""

    def __init__(self, number: str, unit: str) -> None:
        super().__init__(f"知识条目 {number} 的责任单位不是您的单位或下属单位（{unit}），请联系知识管理员")
        self.number = number
        self.unit = unit


class PublishedByAuthor(KnowledgeError):
    """Publication needs a knowledge editor who did not write at this version (domain page, Roles)."""

    def __init__(self, number: str, actor: str) -> None:
        super().__init__(f"{actor} 参与编写了知识条目 {number} 的这一版，须由另一名知识管理员发布")
        self.number = number
        self.actor = actor


class ArticleStateRefused(KnowledgeError):
    """The article's state, or that of the version being written, does not allow this."""

    def __init__(self, number: str, state: str, wanted: str) -> None:
        super().__init__(f"知识条目 {number} 的状态是“{state}”，不能{wanted}")
        self.number = number
        self.state = state


class EditedMeanwhile(KnowledgeError):
    """The text was written on another version than the latest: saving it would undo what somebody else wrote."""

    def __init__(self, number: str, latest: int, base: int = 0) -> None:
        gone = f"知识条目 {number} 的第 {base} 版草稿已被舍弃，现在最新的是第 {latest} 版，请在其上修改"
        newer = f"知识条目 {number} 已被他人改到第 {latest} 版，请在新版上重新修改"
        super().__init__(gone if base > latest else newer)
        self.number = number
        self.latest = latest


class BaseMissing(KnowledgeError):
    """An edit does not say on which version it was written: it might undo what somebody else wrote."""

    def __init__(self, key: str) -> None:
        super().__init__(f"无法得知这份修改是在知识条目 {key} 的哪一版上写的，没有保存；请对照最新版再决定")
        self.key = key


class NothingToRestore(KnowledgeError):
    """No draft of the article can be taken back: none was thrown away, it is too long ago, or another was begun."""

    def __init__(self, number: str, days: int) -> None:
        super().__init__(f"知识条目 {number} 没有可以取回的草稿：没有舍弃过、舍弃已超过 {days} 天，或已另写了新稿")
        self.number = number


class UnfitAttachment(KnowledgeError):
    """A file cannot be attached, or not under this name; ``why`` is Chinese and says what to do."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"附件“{name}”{why}")
        self.name = name
        self.why = why


class TooManyAttachments(KnowledgeError):
    """An article has so many files and no more."""

    def __init__(self, most: int) -> None:
        super().__init__(f"一个条目最多 {most} 个附件，请先删去不用的")
        self.most = most


class AttachmentNotFound(KnowledgeError):
    """The article has no such file, or none that this reader may have."""

    def __init__(self, number: str, file: str) -> None:
        super().__init__(f"知识条目 {number} 没有这个附件（{file}），可能已删去或尚未发布")
        self.number = number
        self.file = file


class ReasonMissing(KnowledgeError):
    """Sending back and withdrawing need a reason."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"{wanted}需要写明原因")
        self.wanted = wanted


class UnfitMoment(KnowledgeError):
    """A text is to come out at a moment that is over, or farther away than a year."""

    def __init__(self, number: str) -> None:
        super().__init__(f"知识条目 {number} 的定时发布时间须在现在之后、一年以内；也可以直接发布")
        self.number = number


class ReviewDayPast(KnowledgeError):
    """The next review is to be on a day that is not to come."""

    def __init__(self, number: str) -> None:
        super().__init__(f"知识条目 {number} 的下次复核日期须在今天之后")
        self.number = number


class ArticleExpired(KnowledgeError):
    """The text is out of force on the day it would come out, or is to be confirmed: expired text never answers."""

    def __init__(self, number: str, last: str) -> None:
        super().__init__(f"知识条目 {number} 的有效期到 {last} 为止，请先修改失效日期")
        self.number = number
        self.last = last


class UnknownArticleCategory(KnowledgeError):
    """The article names a category that the district has not."""

    def __init__(self, category: str) -> None:
        super().__init__(f"没有分类“{category}”，请从分类表中选择")
        self.category = category


class UnknownArticleUnit(KnowledgeError):
    """The article names a unit that the district has not, or words that fit several: ``why`` says which."""

    def __init__(self, unit: str, why: str = "") -> None:
        super().__init__(why or f"没有责任单位“{unit}”，请填写单位的名称或代码")
        self.unit = unit


class UnknownStreet(KnowledgeError):
    """The article is for a street that the district has not."""

    def __init__(self, street: str) -> None:
        super().__init__(f"没有街道“{street}”，请填写街道代码，全区适用的留空")
        self.street = street


class NoticeNotFound(KnowledgeError):
    """No notice of the day has this id or number."""

    def __init__(self, key: str) -> None:
        super().__init__(f"找不到通告“{key}”")
        self.key = key


class UnfitNotice(KnowledgeError):
    """A notice of the day cannot be told as it is; ``why`` is Chinese and says what to change."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ForeignNotice(KnowledgeError):
    """A unit lead enters and ends notices of his own unit, or of one below it."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"通告的责任单位（{unit}）不是您的单位或下属单位，请联系知识管理员")
        self.unit = unit


class NoticeStateRefused(KnowledgeError):
    """The notice is over, has not begun or is withdrawn: this cannot be done to it."""

    def __init__(self, number: str, state: str, wanted: str) -> None:
        super().__init__(f"通告 {number} 的状态是“{state}”，不能{wanted}")
        self.number = number
        self.state = state


class NoticeChanged(KnowledgeError):
    """Somebody changed the notice since the form was opened."""

    def __init__(self, number: str) -> None:
        super().__init__(f"通告 {number} 刚刚被他人改动，请在新内容上重新修改")
        self.number = number


class ProposalChanged(KnowledgeError):
    """A judgement is about a proposal that the bot does not make any more."""

    def __init__(self, ticket: str) -> None:
        super().__init__(f"工单 {ticket} 的建议答复已有变化，请刷新后再判断")
        self.ticket = ticket


class RowProblem(NamedTuple):
    """One fault in a file: line (or row) counted from 1, the field if known, a Chinese sentence."""

    file: str
    row: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.field + '：' if self.field else ''}{self.message}"


class UnreadableFile(KnowledgeError):
    """A file of articles, queries or pairs cannot be used; ``problems`` names every faulty line found."""

    def __init__(self, file: str, problems: list[RowProblem]) -> None:
        shown = "\n".join(str(problem) for problem in problems[:20])
        super().__init__(f"{file} 有 {len(problems)} 处问题：\n{shown}")
        self.file = file
        self.problems = problems


class UnfitFile(KnowledgeError):
    """A file that is to be imported cannot be read as articles at all; ``why`` is Chinese and says what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownEngine(KnowledgeError):
    """No search engine has this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"没有名为“{name}”的检索引擎，可用：{'、'.join(known)}")
        self.name = name
        self.known = known


class IndexMissing(KnowledgeError):
    """The index was never built, cannot be read, or was cut by another tokeniser: it has to be rebuilt."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"检索索引 {folder} 尚未建立或已过时，请先重建（yingsheng reindex）")
        self.folder = folder


class UnusableConfidence(KnowledgeError):
    """The weights of the answer bot are not those of the features in force, or no numbers."""

    def __init__(self) -> None:
        super().__init__("应答机器人的权重与程序版本不符，请重新拟合（python -m benchmarks.confidence）")
