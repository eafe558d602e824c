"""What a reply quotes: cut from the text that people and triage read, kept in the full text.

The marks are those of the mail clients in use: QQ 邮箱, Foxmail, 网易, Outlook, Gmail, Apple, 手机邮件.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONG = 400
_RULED = re.compile(
    r"\s*>?\s*[-_—=*]{2,}\s*(?:原始邮件|原邮件|原始信件|回复的原邮件|回复的邮件|答复的原邮件|原來的郵件|原始郵件"
    r"|Original(?: Message| message)?|Reply message|Replied Message|Urspr.{1,12}Nachricht)\s*[-_—=*]{2,}\s*",
    re.IGNORECASE,
)
_FORWARD_RULE = re.compile(
    r"\s*(?:[-_—=*]{2,}\s*(?:转发的?邮件(?:信息|内容)?|转发的原邮件|轉寄的?郵件"
    r"|Forwarded message|Forwarded by .{1,80})"
    r"\s*[-_—=*]*"
    r"|Begin forwarded message:|开始转发的邮件：|下面是被转发的邮件：|下面是转发的邮件[:：])\s*",
    re.IGNORECASE,
)
# An address or a time of day: "通知中写道：" in a resident's own sentence has neither.
_WROTE = re.compile(r"(?=.*(?:\d{1,2}[:：]\d{2}|@)).{0,300}(?:写道|寫道|写到|來信|来信写道|编写)\s*[:：]\s*")
_WROTE_ENGLISH = re.compile(
    r">?\s*(?:On|At|Le|Am)\b(?=.*\d).{5,300}\b(?:wrote|writes|a écrit|schrieb.{0,60}?)\s*:\s*", re.IGNORECASE
)
_FROM = re.compile(r"\s*[*>_ ]*(?:发件人|发送人|寄件者|寄件人|发信人|From)[* ]*\s*[:：].+", re.IGNORECASE)
_BESIDE_FROM = re.compile(
    r"\s*[*>_ ]*(?:发送时间|发送日期|发件时间|已发送|日期|時間|时间|寄件日期|收件人|收件者|抄送|主题|主旨|主題"
    r"|Sent|Date|To|Cc|Subject)[* ]*\s*[:：]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\s{0,3}[>＞]")
_QUOTE_MARKS = re.compile(r"^(?:\s{0,3}[>＞] ?)+")
_FORWARDED_SUBJECT = re.compile(r"\s*(?:转发|轉寄|轉發|转寄|fwd?|fw|tr|wg)\s*[:：]", re.IGNORECASE)
# What some line of history holds in any client; asked first, for most lines of a letter hold none of it.
_TELLING = re.compile(r"[:：<@]|[-_—=*]{2}|On|At|在|于")
_DEVICE_WORDS = (
    r"(?:iPhone|iPad|iOS|Android|安卓|手机|手機|华为|HUAWEI|荣耀|HONOR|小米|红米|Redmi|OPPO|vivo|三星|Samsung|Mate"
    r"|平板|设备"
    r"|邮箱|邮件|郵件|邮箱大师|Foxmail|Outlook|Mail|QQ|网易|阿里|Windows|Mac|Yahoo|Thunderbird|客户端)"
)
_DEVICE_LINE = re.compile(
    rf"[-—_ ]{{0,30}}(?:"
    rf"(?:本邮件)?(?:发自|发送自|傳送自|传送自|来自我的|來自我的)(?:我的)?.{{0,20}}{_DEVICE_WORDS}.{{0,20}}"
    rf"|(?:从|從|通过).{{0,20}}{_DEVICE_WORDS}.{{0,10}}(?:发送|发出|傳送|传送)"
    rf"|Sent (?:from|with|via) .{{0,30}}{_DEVICE_WORDS}.{{0,30}}|(?:Get|获取|下载|取得)\s?Outlook.{{0,60}})",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"\s*(?:[-_=—*]{3,}|--)\s*")


@dataclass(frozen=True, slots=True)
class Cut:
    """The letter's own words, and whether history was cut from below or between them."""

    text: str
    history: bool


def is_forward(subject: str, text: str) -> bool:
    """Whether the letter hands another letter on: then the other letter is the matter."""
    if _FORWARDED_SUBJECT.match(subject):
        return True
    for line in _short_lines(text):
        if _FORWARD_RULE.fullmatch(line):
            return True
        if _RULED.fullmatch(line):
            return False
    return False


def own_words(text: str, *, subject: str = "", answers: bool = False, address: str = "") -> Cut:
    """Cut quoted history and the client's own line ("发自我的iPhone") from ``text``.

    ``answers`` says the letter names an earlier one: then nothing but history leaves an empty text. Without that
    the whole text is kept, for what looked like history is all the letter has to say. ``address`` is the writer's:
    Foxmail puts it alone on the last line.
    """
    lines = text.split("\n")
    if is_forward(subject, text):
        kept = [_unquoted(line) for line in lines]
        return Cut(_finished(kept, address), history=False)
    end = next((index for index in range(len(lines)) if _begins_history(lines, index)), len(lines))
    kept = [line for line in lines[:end] if not _QUOTED.match(line)]
    below = lines[end:]
    if end < len(lines) and _quotes_follow(below):
        # Answers written below or between the quoted lines, which ``>`` tells apart.
        kept += _below(below)
    history = len(kept) < len(lines)
    own = _finished(kept, address)
    if not own and text.strip() and not answers:
        return Cut(_finished([_unquoted(line) for line in lines], address), history=False)
    return Cut(own, history)


def _short_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if len(line) <= _LONG]


def _unquoted(line: str) -> str:
    return _QUOTE_MARKS.sub("", line)


def _begins_history(lines: list[str], index: int) -> bool:
    line = lines[index]
    if len(line) > _LONG or not _TELLING.search(line):
        return False
    if _RULED.fullmatch(line) or _WROTE.fullmatch(line) or _WROTE_ENGLISH.fullmatch(line):
        return True
    if _FROM.fullmatch(line):
        following = [item for item in lines[index + 1 : index + 9] if item.strip()][:5]
        return sum(bool(_BESIDE_FROM.match(item)) for item in following) >= 2
    return _wraps(lines, index)


def _wraps(lines: list[str], index: int) -> bool:
    """Whether "On … wrote:" or "在 … 写道：" begins here, broken over two or three lines."""
    start = lines[index].lstrip(" >")
    if not re.match(r"(?:On|At)\b.*\d|(?:在|于)\s*\d|.*[<@].*", start):
        return False
    for size in (2, 3):
        joined = " ".join(item.strip(" >") for item in lines[index : index + size])
        opens = start.startswith(("On", "At", "在", "于")) or "写道" in joined
        if len(joined) <= _LONG and opens and (_WROTE_ENGLISH.fullmatch(joined) or _WROTE.fullmatch(joined)):
            return True
    return False


def _quotes_follow(lines: list[str]) -> bool:
    after = [line for line in lines[1:6] if line.strip()]
    return any(_QUOTED.match(line) for line in after[:3])


def _below(lines: list[str]) -> list[str]:
    first = next((index for index, line in enumerate(lines) if _QUOTED.match(line)), len(lines))
    kept = []
    for index in range(first, len(lines)):
        if _begins_history(lines, index) and not _QUOTED.match(lines[index]):
            break
        if not _QUOTED.match(lines[index]):
            kept.append(lines[index])
    return kept


def _finished(lines: list[str], address: str) -> str:
    """Without the client's line, the writer's bare address and rules at the end."""
    kept = [line.rstrip() for line in lines]
    for _ in range(6):
        while kept and (not kept[-1] or _RULE_LINE.fullmatch(kept[-1])):
            kept.pop()
        last = kept[-1].strip() if kept else ""
        if not last or len(last) > 80 or not (_DEVICE_LINE.fullmatch(last) or (address and last.lower() == address)):
            break
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
