"""Whose traces are looked for, and how they look in lines, texts and tables."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from churn_assets.contracts.privacy import MASK
from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import LogLine

NAMES = ("user_id", "userId")
"""Columns and keys that hold a listener's id."""
UNMISTAKABLE_CHARACTERS = 6
_DECODER = msgspec.json.Decoder(LogLine)


@dataclass(frozen=True)
class Listener:
    """A listener to be forgotten, by id.

    An id such as `42` also stands in texts that have nothing to do with a listener, as a count or an hour. Where no
    column says what a text is, only an id that cannot be mistaken (`is_unmistakable`) is looked for.
    """

    user_id: str

    @property
    def is_unmistakable(self) -> bool:
        """Whether a text that holds the id as a word can only mean the listener."""
        return len(self.user_id) >= UNMISTAKABLE_CHARACTERS and not self.user_id.isdecimal()

    def owns(self, line: bytes) -> bool:
        """Whether a line of a log is the listener's: by its `userId`, or, where it is broken, by what is left of it."""
        if self.needle not in line and b"\\" not in line:
            return False
        try:
            return _DECODER.decode(line).user_id == self.user_id
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            read = read_line(line)
        return read.user_id == self.user_id if isinstance(read, LogLine) else self.is_named_in(line)

    def is_named_in(self, faulty: bytes) -> bool:
        """Whether a line that cannot be read names the listener: as a value in quotes, or as the number of `userId`."""
        try:
            read = json.loads(faulty)
        except (ValueError, RecursionError):
            return self._in_bytes.search(faulty) is not None
        if isinstance(read, dict) and str(read.get("userId")) == self.user_id:
            return True
        return self._in_bytes.search(faulty) is not None

    @cached_property
    def needle(self) -> bytes:
        """The bytes that every line of the listener holds, unless it escapes them."""
        return self.user_id.encode()

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        word = re.escape(self.needle)
        quoted = rb'"' + word + rb'"'
        number = rb"userId\W{1,6}" + word + rb"(?!\w)"
        return re.compile(rb"|".join([quoted, number, *([_whole(word)] if self.is_unmistakable else [])]))

    @cached_property
    def word(self) -> re.Pattern[str]:
        """The id as a word of its own."""
        return re.compile(rf"(?<![\w-]){re.escape(self.user_id)}(?![\w-])")

    def masked(self, text: str) -> str:
        """A text without the id, where it cannot mean anything else."""
        return self.word.sub(MASK, text) if self.is_unmistakable else text

    def is_about(self, item: Any) -> bool:
        """Whether a JSON object is about the listener: it says so under one of `NAMES`."""
        return isinstance(item, dict) and any(item.get(name) == self.user_id for name in NAMES)


def _whole(word: bytes) -> bytes:
    return rb"(?<![\w-])" + word + rb"(?![\w-])"
