"""How often Slack lets an app call: a tier per method, one post a second and channel; asked if `strict_rate` is set."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from remediator.integrations.slack.fake.call import Method

POSTS_AT_ONCE = 3  # "short bursts are allowed", says the reference, without a number


@dataclass(slots=True, kw_only=True)
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Token buckets. `wait` is 0 where a call may pass."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, name: str, method: Method, channel: str) -> int:
        """Count a call; return the Retry-After of its refusal, or 0."""
        if name == "chat.postMessage":
            wait = self._take(f"{name} {channel}", per_second=1, burst=POSTS_AT_ONCE)
            return math.ceil(wait)
        per_second = method.per_minute / 60
        return math.ceil(self._take(name, per_second=per_second, burst=method.per_minute))

    def _take(self, key: str, *, per_second: float, burst: int) -> float:
        now = time.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(tokens=burst, at=now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / per_second
        bucket.tokens -= 1
        return 0
