"""The small words times are made of, by kind. Where two begin at one place, the kind that stands first is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping

_N = r"(?:\d{1,2}|[一二三四五六七八九十两廿]{1,3})"
_DIGIT = r"(?:\d|[零〇一二三四五六七八九])"
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAY = "[一二三四五六日天末]"
_UNIT = r"(?:小时|钟头|分钟|天|日|周|星期|礼拜|月|年)"
_PART_OF_MONTH = "(?:[上中下]旬|[初底末中])?"
_NO_DAY = r"(?![楼院线门店井桥房机台库仓文令]|电梯|公寓|地块|通知)"
_MINUTES = rf"(?:钟|整|半|[一三]刻|{_N}分|零{_N}|[1-5]\d|[二三四五]?十[一二三四五六七八九]?)?"

WORDS: Mapping[str, tuple[str, ...]] = {
    "every": (
        rf"每(?:逢|到|个)?(?:天|日|晚|早|周末|{_WEEK}[一二三四五六日天]|{_WEEK}|年|个?月)(?!前)",
        r"天天|日日|夜夜|(?:每|逢)?个?工作日",
        r"每(?:逢|到)?(?=早|晚|夜|凌晨|半夜|傍晚|中午|下午|上午)",
    ),
    "year": (
        rf"{_DIGIT}{{4}}年",
        r"(?<!\d)\d{2}年(?=\d{1,2}月|[春夏秋冬初底末])",
        r"[今去前明本]年",
    ),
    "season": (
        r"(?<=年)(?:[初底末中]|年[初底末中]|[春夏秋冬][天季]?)",
        r"年[初底末]|[上下]半年|(?<![立初])[春夏秋冬][天季]",
    ),
    "date": (
        r"(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)日?",
        rf"(?<!\d){_N}月份?{_N}[日号]{_NO_DAY}",
        r"(?<![\d./-])\d{1,2}[./]\d{1,2}(?=日|号|那天|当天|[晚早]上)",
    ),
    "month": (
        rf"(?:上上个?|上个?|这个?|本|当|下个?)月份?{_PART_OF_MONTH}",
        rf"(?<![\d个]){_N}月份?(?!\d){_PART_OF_MONTH}",
        r"月[初底末]|月中旬?|[腊正]月(?:[初十廿][一二三四五六七八九十])?",
    ),
    "monthday": (rf"(?<![\d第.]){_N}[日号]{_NO_DAY}",),
    "week": (
        rf"(?:上上|上|这|本|下下|下)个?{_WEEK}(?:{_WEEKDAY}|[1-6](?!\d))?",
        rf"{_WEEK}(?:六日|{_WEEKDAY}(?![个年天]))",
    ),
    "day": (r"大前天|前[天日晚]|[昨今明][天日晚早晨夜儿](?:个|儿)?|大?后天|当[天日晚]",),
    "ago": (rf"(?:{_N}|半|几|好几|数|十几|一两|两三|三四)[多来]?(?:个多?)?半?[多来]?{_UNIT}多?(?:以前|之前|前)(?!后)",),
    "recent": (
        r"[前这近](?:几|两|些|三|一)个?(?:天|日|周|星期|月|年)",
        r"[前这]一?(?:段时间|阵子)|最近(?:[几两三一](?:天|周|个月|年))?|近[期日来]|日前",
    ),
    "feast": (r"元旦|春节|大年(?:初[一二三四五六七]|三十)|除夕|元宵节?|清明节?|五一|劳动节|端午节?|中秋节?|国庆节?",),
    "part": (
        r"早晚高峰|[早晚]高峰|凌晨|清晨|(?:大|一)?清早|一大早|大早上|早上|早晨|早间|上午|中午|午间|正午|晌午|下午|午后",
        r"傍晚|黄昏|大?晚上|晚间|夜晚|夜里|夜间|(?:大|深更|三更|后)?半夜|深夜|午夜",
    ),
    "clock": (
        r"(?<![\d:.])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])",
        rf"(?<![\d第.]){_N}点{_MINUTES}(?:多|左右|来钟|许)?(?![儿点]|意见|建议|要求|诉求|原因|问题)",
        r"(?<![\d.])\d{1,2}时(?:\d{1,2}分)?(?![候间段速代效])",
    ),
    "link": (r"(?:一直)?(?:[到至~～]|[-—]{1,2})",),
}
_NARROWER = (("every",), ("year",), ("season", "month"), ("date", "monthday", "week", "day", "ago", "recent", "feast"))
LEVELS = {kind: at for at, kinds in enumerate((*_NARROWER, ("part",), ("clock",))) for kind in kinds}
"""From the wider to the narrower: so they stand in one time."""
_FIRST = (
    r"\d零〇一二三四五六七八九十两廿每天日夜逢个工今去前明本年春夏秋冬初底末腊正上下这当月周星礼昨大后半几好数近最元除清端中劳国"
    r"凌早晨正晌午傍黄晚深三到至~～—-"
)
"""The characters any of them begins with: most places of a text need no further look."""
PATTERN = re.compile(
    f"(?=[{_FIRST}])(?:" + "|".join(f"(?P<{kind}>{'|'.join(forms)})" for kind, forms in WORDS.items()) + ")"
)
