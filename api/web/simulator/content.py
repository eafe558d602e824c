"""What residents and agents say in the simulator until one writes words of one's own: content, in Chinese always."""

from __future__ import annotations

MATTER = "翠微亭小区东门的路灯坏了三天，老人夜里出门看不清台阶"
PLACE = "翠微亭小区东门"
"""An order of the city's: what it is about, and where."""

BROUGHT = (
    ("楼道里堆满旧家具，消防通道走不了人", "玉泉大街30号院2号楼"),
    ("周先生", "13800138120", "小区东门的健身器材断了一根，孩子差点摔着", "翠微亭小区东门"),
    ("吴女士", "12", "垃圾桶满了三天没有人清运", "兴业里小区3号楼前"),
)
"""Rows of a counter's sheet: the player's matter and place, then those of others with their names and telephones."""

GREETING = "您好，这里是玉泉区12345热线，请问有什么可以帮您？"
PHRASES = (
    "请您说一下具体位置，是哪个小区、哪栋楼？",
    "这种情况从什么时候开始的？",
    "请问您贵姓，这个号码方便联系您吗？",
    "好的，已经为您登记，会尽快派给承办单位处理。",
    "您好，听得到吗？请您说话。",
)
"""What the agent may say with one click."""

SAID = (
    "我们小区3号楼门口的路灯坏了三天，晚上看不清路",
    "在玉泉大街30号院，靠近东门",
    "打错了，不好意思",
    "楼下闻到很浓的燃气味",
)
"""What the caller may say: suggestions."""
