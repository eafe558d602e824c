"""Sample calls that the simulator plays at their pace: pieces as a recogniser sends them, guesses and corrected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spoken:
    """One piece: the ``number``th turn, ``seconds`` into the call; not ``final``: a guess, which the next corrects."""

    number: int
    side: str
    text: str
    seconds: int
    final: bool = True


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """A call from its first word to its last."""

    key: str
    label: str
    pieces: tuple[Spoken, ...]


_GREETING = "您好，这里是玉泉区12345热线，请问有什么可以帮您？"

CALLS = {
    call.key: call
    for call in (
        PlayedCall(
            "lights",
            "路灯不亮，说得不全",
            (
                Spoken(1, "agent", _GREETING, 0),
                Spoken(2, "caller", "你好，我们这儿陆登", 4, final=False),
                Spoken(2, "caller", "你好，我们这儿路灯不亮好几天了，晚上看不清路", 6),
                Spoken(3, "agent", "请您说一下具体位置，是哪条路、哪个小区？", 10),
                Spoken(4, "caller", "玉泉大街三十号院", 13, final=False),
                Spoken(4, "caller", "玉泉大街30号院，靠近东门那一排", 14),
                Spoken(5, "agent", "这种情况从什么时候开始的？", 18),
                Spoken(6, "caller", "上周五晚上就不亮了，一共五盏", 21),
                Spoken(7, "agent", "好的，已经为您登记，会派给承办单位处理。", 25),
                Spoken(8, "caller", "好的谢谢", 28),
            ),
        ),
        PlayedCall(
            "gas",
            "燃气味，突发",
            (
                Spoken(1, "agent", _GREETING, 0),
                Spoken(2, "caller", "我家住惠风里小区3号楼", 3),
                Spoken(3, "caller", "楼道里闻到很浓的", 6, final=False),
                Spoken(3, "caller", "楼道里闻到很浓的燃气味，越来越重了", 7),
                Spoken(4, "agent", "请您马上离开楼道，不要开关电器。", 11),
                Spoken(5, "caller", "好，我已经下楼了，楼上还有老人", 15),
            ),
        ),
    )
}
