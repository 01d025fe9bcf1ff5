"""How often somebody may try to log in."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_NAME = RateLimitItemPerMinute(5)
PER_ADDRESS = RateLimitItemPerMinute(20)
PER_NAME_ANYWHERE = RateLimitItemPerMinute(60)


class Attempts:
    """Counts tries of the last minute, by the name and by the address."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, name: str, address: str) -> int:
        """Count a try; return 0, or the seconds to wait where there were too many."""
        waits = [0]
        for limit, who in (
            (PER_NAME, f"{name} at {address}"),
            (PER_ADDRESS, address),
            (PER_NAME_ANYWHERE, name),
        ):
            if not self._limiter.hit(limit, who):
                left = self._limiter.get_window_stats(limit, who).reset_time - time.time()
                waits.append(max(1, round(left)))
        return max(waits)

    def forget(self, name: str, address: str) -> None:
        """Begin again for somebody who logged in."""
        self._limiter.clear(PER_NAME, f"{name} at {address}")
