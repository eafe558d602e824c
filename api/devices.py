"""What a browser calls itself, in a few words that its owner knows it by."""

from __future__ import annotations

BROWSERS = (
    ("MicroMessenger/", "微信"),
    ("DingTalk/", "钉钉"),
    ("QQBrowser/", "QQ 浏览器"),
    ("Edg", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that fits: most of them call themselves by the names of others, too."""
SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def name_of(agent: str) -> str:
    """Chrome · Windows; what is no browser is named by its first word."""
    browser = next((words for sign, words in BROWSERS if sign in agent), "")
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    if browser or system:
        return " · ".join(filter(None, (browser, system)))
    return agent.split("/", maxsplit=1)[0].split(" ", maxsplit=1)[0][:40] or "未知设备"
