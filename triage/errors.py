"""What can be wrong with what triage is given. Every text is a Chinese sentence that a person can act on."""

from __future__ import annotations


class TriageError(Exception):
    """Base of all errors of this package."""


class UnreadableRow(TriageError):
    """A line of a file is not what its format says; ``file`` and ``line`` (from 1) say where."""

    def __init__(self, file: str, line: int, why: str) -> None:
        self.file = file
        self.line = line
        self.why = why
        super().__init__(f"{file}:{line}: {why}")


class UnreadableFile(TriageError):
    """A file cannot be opened, decoded or unpacked."""

    def __init__(self, file: str, why: str) -> None:
        self.file = file
        self.why = why
        super().__init__(f"{file}: {why}")


class TooFewExamples(TriageError):
    """There is not enough labelled text to learn from."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"训练数据不足：{why}")


class UnknownTarget(TriageError):
    """Evaluation knows category, unit and request_type."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(f"不支持的评测目标“{target}”，可选 category、unit、request_type")


class UnknownLabels(TriageError):
    """Labels that the taxonomy does not have."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        super().__init__(f"分类表中没有这些标签：{'、'.join(labels)}")


class UnusableModel(TriageError):
    """The stored model is damaged, incomplete, or of another format; ``folder`` is the name of its folder."""

    def __init__(self, folder: str, why: str) -> None:
        self.folder = folder
        self.why = why
        super().__init__(f"模型 {folder} 不可用：{why}")
