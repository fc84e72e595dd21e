"""Chats: messages in roles, which a language model reads through its tokenizer's template."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from annotated_types import MinLen
from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from reportgen.spec.part import SpecPart

Role = Literal["system", "user", "assistant"]
ROLES: tuple[str, ...] = get_args(Role)


class Message(SpecPart):
    """One message of a chat."""

    role: Role = Field(description="Who says it")
    content: str = Field(min_length=1, description="What is said")


def _open(messages: list[Message]) -> list[Message]:
    """Refuse a chat that ends with an answer: the template lets the model give the next one."""
    if messages[-1].role == "assistant":
        problem = "the last message is the assistant's: nothing is left to answer"
        advice = "give an answer that is to be explained as continuation"
        raise PydanticCustomError(
            "input_fields", "{problem}", {"problem": problem, "advice": advice}
        )
    return messages


Messages = Annotated[list[Message], MinLen(1), AfterValidator(_open)]

_MESSAGES: TypeAdapter[list[Message]] = TypeAdapter(Messages)


def as_text(messages: Any) -> str:
    """Write messages (of a spec, or a cell of a data file) as the one text that fields hold.

    Raises ``ValidationError`` for what are no messages.
    """
    plain = [message.model_dump() for message in _MESSAGES.validate_python(messages)]
    return json.dumps(plain, ensure_ascii=False)


def read_messages(text: str) -> list[dict[str, str]]:
    """Return the messages that :func:`as_text` wrote: dicts of ``role`` and ``content``.

    Raises ``ValidationError`` for other texts.
    """
    return [message.model_dump() for message in _MESSAGES.validate_json(text)]


def texts_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of an input by segment: its fields, and each message under its role.

    From its second one on a role is numbered: ``user``, ``assistant``, ``user 2``.
    """
    found: dict[str, str] = {}
    for name, text in fields.items():
        if name != "messages":
            found[name] = text
            continue
        seen: Counter[str] = Counter()
        for message in read_messages(text):
            role = message["role"]
            seen[role] += 1
            found[role if seen[role] == 1 else f"{role} {seen[role]}"] = message["content"]
    return found
