"""What each error of conversations says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework.dialogue import errors as dialogue

PROBLEMS: dict[type[Exception], Problem] = {
    dialogue.NotAChat: (
        409,
        "not-a-chat",
        lambda e: f"工单 {e.number} 的渠道没有机器人应答，不用接管，可以直接写给居民",
    ),
    dialogue.NoWayToWrite: (
        409,
        "no-way-to-write",
        lambda e: f"工单 {e.number} 的渠道不能写给居民，请电话联系或在办理中答复",
    ),
    dialogue.SpokenToByOther: (
        409,
        "spoken-to-by-other",
        lambda e: f"工单 {e.number} 的居民正由{e.by_name}应答；确需由您应答的，请先接管",
    ),
    dialogue.TooLateToTakeBack: (
        409,
        "too-late-to-take-back",
        lambda _: "这句话已经发出，撤不回来了；可以再补发一句说明",
    ),
    dialogue.NotOwnWords: (404, "not-own-words", lambda _: "没有找到您在这张工单上说的这句话，请刷新后再看"),
}
