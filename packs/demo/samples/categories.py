"""The taxonomy's categories as the grammar sees them: what people say of each, sorted by how they say it."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NO_TYPE_OF_ITS_OWN = ("statement", "question", "wish")

_ASKS_OUTRIGHT = re.compile(r"^(我|俺)?(想问|请问|问下|问一下|打听|咨询)")
_ASKS = re.compile(
    r"吗|怎么|咋|哪|多少|能不能|可不可以|可以不|是不是|什么|谁|如何|多久|啥|呢$|有没有|算不算|行不行|几岁|(?<!好)几天|(?<!好)几年|多大|合法不"
)
_TELLS = re.compile(r"没人|谁也|谁都|怎么都|怎么也|怎么打|怎么说都|什么都|什么也|哪儿都|哪都|说不清|不知道|老是|也不")
# A question nobody wants answered: the writer complains.
_RHETORICAL = re.compile(
    r"凭(啥|什么)|[哄骗糊弄]谁|谁(来|去|敢|还)?(救|管|监督|查|吃得起|受得了)|这不是|不是说|到底给|有没有人管|管不管"
    r"|还让不让|怎么还|咋还|咋没了$"
)
_WISHES = re.compile(r"^(我们?|俺)?(想(?!问|打听|投诉)|要求|需要|急需|求|请(?!问)|麻烦|帮)")
_PRAISES = re.compile(
    r"感谢|表扬|点个?赞|谢谢|锦旗|(?<!条)好评$|致谢|称赞|夸夸|必须夸|真(高|好|快|棒|暖心|周到|漂亮|麻利|痛快|不错|地道)"
    r"|(舒服|干净|好|方便|亮堂)多了|挺好$|暖心|有心了|耐心(极了|帮)|最?有耐心|挺细心|都细心|很管用|亮堂又|救了我|就把电视弄好了"
)
_OWN_TYPE = (
    ("表扬", _PRAISES),
    ("举报", re.compile(r"举报|检举|线索")),
    (
        "建议",
        re.compile(
            r"建议|希望|能不能(多|增|加|建|设|改|开|把|搞|给|在|让)|应该|不如|最好|可不可以(多|增|加|建|设|改|开|把)"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A third-level category (三级分类) as the taxonomy file states it."""

    code: str
    first: str
    second: str
    name: str
    description: str
    keywords: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]
    """Examples by kind: ``statement``, ``question``, ``wish``, or the request type that they state themselves."""

    @property
    def asking(self) -> bool:
        """Whether people mostly ask here (matters handled at a window) rather than complain."""
        asked = len(self.examples.get("question", ())) + len(self.examples.get("wish", ()))
        return asked * 2 > sum(map(len, self.examples.values()))

    @property
    def own_type(self) -> str | None:
        """The request type that most examples state themselves, if any (praise and suggestions)."""
        total = sum(map(len, self.examples.values()))
        for kind, texts in self.examples.items():
            if kind not in NO_TYPE_OF_ITS_OWN and len(texts) * 2 > total:
                return kind
        return None


def kind_of(example: str) -> str:
    """Which kind an example is: it asks, tells or wishes, or it states its own request type (建议, 表扬, 举报)."""
    for name, sign in _OWN_TYPE:
        if sign.search(example):
            return name
    if _RHETORICAL.search(example):
        return "statement"
    if _ASKS_OUTRIGHT.search(example):
        return "question"
    if _ASKS.search(example) and (example.endswith(("吗", "呢")) or not _TELLS.search(example)):
        return "question"
    return "wish" if _WISHES.search(example) else "statement"


def read_nodes(path: Path) -> tuple[Node, ...]:
    """The third-level categories in the file's order."""
    nodes = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if len(row["code"]) != 6:
                continue
            examples: dict[str, tuple[str, ...]] = {}
            for text in filter(None, row["examples"].split("|")):
                kind = kind_of(text)
                examples[kind] = (*examples.get(kind, ()), text.rstrip("。！？?"))
            keywords = tuple(filter(None, row["keywords"].split("|")))
            description = row["description"].rstrip("。")
            first, second, third = row["一级分类"], row["二级分类"], row["三级分类"]
            nodes.append(Node(row["code"], first, second, third, description, keywords, examples))
    return tuple(nodes)
