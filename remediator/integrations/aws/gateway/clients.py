"""boto3's clients, one per service, region and use; made when first used, on a thread of the pool.

Reads are repeated by the SDK, changes never: their client makes one attempt. All its time limits together are shorter
than ours (`aws.gateway.blocking`).
"""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import Any

from remediator.integrations.aws.api import LEAST_TIMEOUT

CONNECT, READ, ATTEMPTS = 4, 10, 3
WRITE_CONNECT, WRITE_READ = 5, 20  # together less than the limit
READ_LIMIT = timedelta(seconds=ATTEMPTS * (CONNECT + READ) + 10)  # and the pauses in between
WRITE_LIMIT = LEAST_TIMEOUT


class Clients:
    """Makes and keeps clients. Credentials come from the SDK's own chain (environment, files, role)."""

    def __init__(self, *, endpoint_url: str | None = None) -> None:
        self._endpoint_url = endpoint_url
        self._kept: dict[tuple[str, str, bool], object] = {}
        self._session: Any = None
        self._lock = Lock()  # boto3 may share clients among threads, but not make them there

    def client(self, service: str, region: str, *, changes: bool) -> Any:
        """Return a client; blocks, and raises the SDK's errors."""
        key = (service, region, changes)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._made(service, region, changes=changes)
            return self._kept[key]

    def _made(self, service: str, region: str, *, changes: bool) -> object:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.session.Session()
        timeouts = (WRITE_CONNECT, WRITE_READ) if changes else (CONNECT, READ)
        config = Config(
            connect_timeout=timeouts[0],
            read_timeout=timeouts[1],
            retries={"mode": "standard", "total_max_attempts": 1 if changes else ATTEMPTS},
        )
        return self._session.client(
            service, region_name=region, endpoint_url=self._endpoint_url, config=config
        )
