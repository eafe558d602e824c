"""An unreadable message keeps where and why, also when another process read it."""

import pickle

from channels.errors import UnreadableMessage


def test_an_unreadable_message_keeps_its_place_and_reason_between_processes() -> None:
    problem = pickle.loads(pickle.dumps(UnreadableMessage("Subject", "标题为空")))
    assert (problem.where, problem.why, str(problem)) == ("Subject", "标题为空", "Subject: 标题为空")
