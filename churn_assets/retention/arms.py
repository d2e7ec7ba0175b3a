"""Who is called and who is held out: drawn by a hash, so that a draw needs no memory and can be repeated."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

CALL, HOLD_OUT = "call", "hold_out"
ARMS = (CALL, HOLD_OUT)
DIGEST_BYTES = 8
WHOLE = 1 << (8 * DIGEST_BYTES)


@dataclass(frozen=True)
class Draw:
    """A campaign's draw: each listener is held out with the chance `hold_out` (a share), whoever else is listed.

    A listener stays in one arm for the whole campaign, since a window of labels outlasts the step from one list to the
    next: who is held out today and called next week would tell nothing. Another name or seed draws anew.
    """

    campaign: str
    seed: int
    hold_out: float

    def arm(self, user_id: str) -> str:
        """The arm of one listener."""
        return HOLD_OUT if self._place(user_id) < self.hold_out else CALL

    def arms(self, user_ids: Iterable[str]) -> list[str]:
        """The arm of each listener."""
        return [self.arm(user_id) for user_id in user_ids]

    def _place(self, user_id: str) -> float:
        """A number in [0, 1) that looks random and is always the same for this listener and draw."""
        # The campaign is hashed first, so that no two pairs of campaign and listener read alike.
        key = blake2b(f"{self.seed}:{self.campaign}".encode(), digest_size=32).digest()
        digest = blake2b(user_id.encode("utf-8", "surrogatepass"), key=key, digest_size=DIGEST_BYTES).digest()
        return int.from_bytes(digest, "big") / WHOLE
