"""What stands over the columns of a sheet of questions and answers, in offices' words and in our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from district.sheets import bare_heading
from knowledge.content import LABELS

# By the field of an article: of two columns the one whose word stands further to the front is read.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "知识编号", "条目编号", "id", "number", "code"),
    "question": (
        "标准问题", "问题", "标准问", "问句", "提问", "咨询问题", "事项", "事项名称", "标题", "知识标题",
        "question", "title", "standard question",
    ),
    "similar": (
        "相似问题", "相似问", "相似问法", "问法", "扩展问", "扩展问题", "其他问法", "similar", "similar questions",
    ),
    "body": (
        "答案", "回复", "标准答案", "答复", "回答", "解答", "答复内容", "内容", "正文",
        "answer", "reply", "body", "content",
    ),
    "short_answer": ("简短答复", "短答案", "简短答案", "短信答复", "简答", "short_answer", "short answer"),
    "category": ("分类", "分类编码", "诉求分类", "类别", "知识分类", "category"),
    "unit": ("责任单位", "主管单位", "承办单位", "单位", "责任部门", "主管部门", "部门", "unit", "department"),
    "materials": ("办理材料", "材料", "所需材料", "申请材料", "办事材料", "materials"),
    "steps": ("办理流程", "流程", "步骤", "办理步骤", "办事流程", "steps"),
    "fee": ("收费", "费用", "收费标准", "收费情况", "fee"),
    "basis": ("法律依据", "依据", "政策依据", "法规依据", "设定依据", "basis", "legal basis"),
    "audience": ("适用对象", "适用人群", "对象", "服务对象", "受理对象", "audience"),
    "keywords": ("关键词", "关键字", "标签", "keywords", "tags"),
    "valid_from": ("有效期起", "生效日期", "有效期开始", "起始日期", "valid_from", "valid from"),
    "valid_until": ("有效期止", "失效日期", "有效期至", "有效期结束", "截止日期", "valid_until", "valid until"),
}  # fmt: skip
NAMES: Mapping[str, str] = {"id": _WORDS["id"][0], **LABELS}
"""What each field is called everywhere: on pages, in messages, over the columns of the export."""
HEADINGS: Mapping[str, tuple[str, ...]] = {
    name: tuple(dict.fromkeys((NAMES[name], *words))) for name, words in _WORDS.items()
}
"""What may stand over the column of a field; the first is its name, which the export writes."""

HEADING_WITHIN = 40
"""Rows from the top among which the heading is looked for: titles and instructions stand above it."""

_FIELDS = {
    bare_heading(word).replace("_", ""): (name, worth)
    for name, words in _WORDS.items()
    for worth, word in enumerate(words)
}


def fields_of(names: Sequence[str]) -> Mapping[str, int]:
    """The column of each field that a row of headings names. Of two for one field, the word that says it more surely
    has it (标准问题 before 问题, 答复 before 正文), else the column further left.
    """
    found: dict[str, tuple[int, int]] = {}
    for column, name in enumerate(names):
        bare = bare_heading(name).replace("_", "")
        if bare not in _FIELDS:
            continue
        field, worth = _FIELDS[bare]
        if field not in found or worth < found[field][0]:
            found[field] = (worth, column)
    return {field: column for field, (_, column) in found.items()}


def heading_among(rows: Sequence[Sequence[str]]) -> int | None:
    """The place of the heading: the first row that names a question and an answer."""
    for at, names in enumerate(rows[:HEADING_WITHIN]):
        found = fields_of(names)
        if "question" in found and ("body" in found or "short_answer" in found):
            return at
    return None
