"""会话: what the desk says to a resident turn by turn, before, beside and after a person does.

``state`` and what reads it are pure: a turn and the stored state in, the next state, sentences and acts out.
``keeping`` and ``acting`` carry that out in the caller's transaction. One implementation for every channel that chats.
"""
