"""What WeChat calls the desk back with: the inner XML of messages and events, without who and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One callback about a resident."""

    openid: str
    inner: str


def text(said: str, msgid: int, *, chosen: str = "") -> str:
    """A text message; ``chosen`` is the id of the msgmenu item that wrote it."""
    menu_id = f"<bizmsgmenuid>{_cdata(chosen)}</bizmsgmenuid>" if chosen else ""
    return f"<MsgType>{_cdata('text')}</MsgType><Content>{_cdata(said)}</Content><MsgId>{msgid}</MsgId>{menu_id}"


def event(name: str, key: str | None = None) -> str:
    """An event of the conversation: CLICK, SCAN, subscribe, unsubscribe."""
    told = "" if key is None else f"<EventKey>{_cdata(key)}</EventKey>"
    return f"<MsgType>{_cdata('event')}</MsgType><Event>{_cdata(name)}</Event>{told}"


def template_finished(openid: str, msgid: int, status: str) -> Event:
    """公众平台「模板消息」事件推送."""
    return Event(openid, f"{event('TEMPLATESENDJOBFINISH')}<MsgID>{msgid}</MsgID><Status>{_cdata(status)}</Status>")


def notice_sent(openid: str, template_id: str, msgid: int) -> Event:
    """公众平台「订阅通知的事件推送」: sent."""
    told = f"<TemplateId>{_cdata(template_id)}</TemplateId><MsgID>{msgid}</MsgID>"
    told += f"<ErrorCode>0</ErrorCode><ErrorStatus>{_cdata('success')}</ErrorStatus>"
    return Event(openid, _listed("subscribe_msg_sent_event", "SubscribeMsgSentEvent", told))


def notice_allowed(template_id: str) -> str:
    """公众平台「订阅通知的事件推送」: the resident agreed in a page."""
    told = f"<TemplateId>{_cdata(template_id)}</TemplateId>"
    told += f"<SubscribeStatusString>{_cdata('accept')}</SubscribeStatusString><PopupScene>1</PopupScene>"
    return _listed("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", told)


def notice_refused(template_id: str) -> str:
    """公众平台「订阅通知的事件推送」: the resident switched them off."""
    told = f"<TemplateId>{_cdata(template_id)}</TemplateId>"
    told += f"<SubscribeStatusString>{_cdata('reject')}</SubscribeStatusString>"
    return _listed("subscribe_msg_change_event", "SubscribeMsgChangeEvent", told)


def whole(original_id: str, openid: str, made: int, inner: str) -> bytes:
    """The document that is posted."""
    head = f"<ToUserName>{_cdata(original_id)}</ToUserName><FromUserName>{_cdata(openid)}</FromUserName>"
    return f"<xml>{head}<CreateTime>{made}</CreateTime>{inner}</xml>".encode()


def _listed(name: str, element: str, told: str) -> str:
    return f"{event(name)}<{element}><List>{told}</List></{element}>"


def _cdata(value: str) -> str:
    return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"
