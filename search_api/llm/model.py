"""What a language model is to this project: messages go in, pieces of text come out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from enum import StrEnum
from typing import Protocol

Message = dict[str, str]  # role, content


class Trouble(StrEnum):
    """Why a model's answer is missing, stopped short or withdrawn."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    BUSY = "busy"
    KEY = "key"  # refused
    UNKNOWN = "unknown"  # no such address or model
    REFUSED = "refused"
    FAILED = "failed"
    MOVED = "moved"  # to another address
    CUT = "cut"
    UNREADABLE = "unreadable"
    LONG = "long"
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"  # too much of it stands in no report
    DECLINED = "declined"  # it finds no answer in the passages
    NOTHING = "nothing"  # the reports do not answer: it was not asked


class ModelFailure(Exception):
    """The model gave no answer, or not all of it; carries a reason and nothing that was said."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class LanguageModel(Protocol):
    """Anything that writes an answer piece by piece."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer in pieces.

        :raises ModelFailure: with the reason.
        """
        ...
