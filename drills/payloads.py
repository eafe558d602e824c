"""Messages for drills and benchmarks, made by number: each is another matter of another resident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

MATTERS = (
    "小区门口的路灯连着几天不亮了,晚上老人出门看不清路,麻烦派人修一下",
    "楼下烧烤店每天营业到凌晨,油烟和音乐声吵得没法睡觉,投诉多次没人管",
    "请问新生儿怎么办理医保参保,需要带哪些材料,在哪个窗口办",
    "家里从昨天下午开始停水,物业说是自来水公司的事,到现在还没恢复",
    "路口的井盖松动了,车一过就响,怕有人掉下去",
    "公司拖欠三个月工资,老板电话打不通,十几个工友等着钱回家",
    "楼道里堆满了旧家具和纸箱,消防通道都堵住了,物业贴了通知也没人搬",
    "孩子今年六岁,户口刚迁过来,想咨询一下小学入学报名的时间和条件",
)
PLACES = ("光明路", "文化街", "西便门", "丰产胡同", "兴业里", "长河湾")
STARTED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def words(number: int) -> str:
    """The matter of this number."""
    return f"{PLACES[number % len(PLACES)]}{number}号院,{MATTERS[number % len(MATTERS)]}"


def wechat_text(number: int, said: str = "", *, message: int | None = None) -> bytes:
    """A text message as WeChat delivers it, decrypted; it says the matter of this number, or what is ``said``.

    Who says more than one thing numbers each ``message``.
    """
    return (
        f"<xml><ToUserName><![CDATA[gh_drill]]></ToUserName><FromUserName><![CDATA[o_drill_{number:06d}]]>"
        f"</FromUserName><CreateTime>{int(STARTED.timestamp()) + number}</CreateTime>"
        "<MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{said or words(number)}]]></Content>"
        f"<MsgId>{7_000_000_000 + (number if message is None else message)}</MsgId></xml>"
    ).encode()


def letter(number: int) -> bytes:
    """A letter to the mayor's mailbox."""
    mail = EmailMessage()
    mail["From"] = f"居民{number} <resident{number}@example.com>"
    mail["To"] = "mayor@yuquan.example"
    mail["Subject"] = f"来信反映问题({number})"
    mail["Date"] = format_datetime(STARTED + timedelta(seconds=number))
    mail["Message-ID"] = f"<drill-{number}@example.com>"
    mail.set_content(f"尊敬的领导:\n\n{words(number)}。\n\n盼复。\n居民 {number}\n")
    return mail.as_bytes()
