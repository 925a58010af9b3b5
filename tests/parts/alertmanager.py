"""A real Alertmanager that tells one webhook receiver, quickly."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.parts import web
from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import free_port, output


class Alertmanager(Part):
    """Groups by alertname and instance; waits 1 s, then every 2 s; sends resolved too.

    Without `receiver_url` it tells nobody. It repeats every `repeat_seconds`, and names at most `max_alerts` at once.
    """

    def __init__(
        self,
        receiver_url: str | None = None,
        *,
        bearer_token: str | None = None,
        repeat_seconds: int = 14400,
        max_alerts: int = 0,
    ) -> None:
        super().__init__("alertmanager")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self._receiver_url, self._bearer_token = receiver_url, bearer_token
        self._repeat_seconds, self._max_alerts = repeat_seconds, max_alerts

    def start(self) -> None:
        config = self.directory / "alertmanager.yml"
        config.write_text(json.dumps(self._config()))  # JSON is YAML
        output([find("amtool") or "amtool", "check-config", str(config)])
        argv = [find("alertmanager") or "alertmanager", f"--config.file={config}"]
        argv += [f"--storage.path={self.directory}/state", "--cluster.listen-address="]
        argv += [f"--web.listen-address={self.address}", "--log.level=info"]
        self._server.start(argv, lambda: web.answers(f"{self.url}/-/ready"))

    def push(
        self,
        labels: Mapping[str, str],
        *,
        annotations: Mapping[str, str] | None = None,
        lasts: timedelta = timedelta(minutes=5),
    ) -> None:
        """Post one alert as Prometheus would; `lasts` of zero or less resolves it."""
        now = datetime.now(UTC)
        alert = {
            "labels": dict(labels),
            "annotations": dict(annotations or {}),
            "startsAt": (now - timedelta(seconds=1)).isoformat(),
            "endsAt": (now + lasts).isoformat(),
        }
        web.post_json(f"{self.url}/api/v2/alerts", [alert])

    def silence(self, labels: Mapping[str, str], *, lasts: timedelta = timedelta(hours=1)) -> str:
        """Silence alerts that have all these labels; returns the silence's id."""
        now = datetime.now(UTC)
        matchers = [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ]
        silence = {
            "matchers": matchers,
            "startsAt": now.isoformat(),
            "endsAt": (now + lasts).isoformat(),
            "createdBy": "tests",
            "comment": "tests",
        }
        return str(web.post_json(f"{self.url}/api/v2/silences", silence)["silenceID"])

    def end_silence(self, silence_id: str) -> None:
        """End a silence before its time."""
        web.delete(f"{self.url}/api/v2/silence/{silence_id}")

    def alerts(self) -> list[Any]:
        return list(web.get_json(f"{self.url}/api/v2/alerts"))

    def _config(self) -> dict[str, Any]:
        route = {
            "receiver": "remediator",
            "group_by": ["alertname", "instance"],
            "group_wait": "1s",
            "group_interval": "2s",
            "repeat_interval": f"{self._repeat_seconds}s",
        }
        return {"route": route, "receivers": [self._receiver()]}

    def _receiver(self) -> dict[str, Any]:
        if self._receiver_url is None:
            return {"name": "remediator"}
        webhook: dict[str, Any] = {"url": self._receiver_url, "send_resolved": True}
        webhook |= {"max_alerts": self._max_alerts} if self._max_alerts else {}
        if self._bearer_token is not None:
            webhook["http_config"] = {"authorization": {"credentials": self._bearer_token}}
        return {"name": "remediator", "webhook_configs": [webhook]}
