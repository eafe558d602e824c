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


class PublishedByAuthor(KnowledgeError):
    """Publication needs a knowledge editor other than the author of the version (domain page, Roles)."""

    def __init__(self, number: str, actor: str) -> None:
        super().__init__(f"知识条目 {number} 由 {actor} 编写，须由另一名知识管理员发布")
        self.number = number
        self.actor = actor


class ArticleStateRefused(KnowledgeError):
    """The article's state does not allow this."""

    def __init__(self, number: str, status: str, wanted: str) -> None:
        super().__init__(f"知识条目 {number} 的状态是“{status}”，不能{wanted}")
        self.number = number
        self.status = status


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
