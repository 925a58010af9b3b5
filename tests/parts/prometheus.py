"""A real Prometheus that scrapes and evaluates every second."""

import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.parts import web
from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import free_port, output


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeTarget:
    """An address to scrape and the labels its series get; `instance` may be overridden."""

    address: str
    labels: Mapping[str, str] = field(default_factory=dict)


class Prometheus(Part):
    """`rules` is the text of a rule file; alerts go to `alertmanager` (host:port) where given."""

    def __init__(
        self,
        *,
        rules: str = "groups: []\n",
        targets: Sequence[ScrapeTarget] = (),
        alertmanager: str | None = None,
    ) -> None:
        super().__init__("prometheus")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._rules, self._targets, self._alertmanager = rules, tuple(targets), alertmanager

    def start(self) -> None:
        config = self.directory / "prometheus.yml"
        config.write_text(json.dumps(self._config()))  # JSON is YAML
        (self.directory / "rules.yml").write_text(self._rules)
        output([find("promtool") or "promtool", "check", "config", str(config)])
        argv = [find("prometheus") or "prometheus", f"--config.file={config}"]
        argv += [f"--storage.tsdb.path={self.directory}/tsdb", "--rules.alert.resend-delay=2s"]
        argv += [f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"]
        self._server.start(argv, lambda: web.answers(f"{self.url}/-/ready"))

    def replace_rules(self, rules: str) -> None:
        """Write a new rule file and reload."""
        (self.directory / "rules.yml").write_text(rules)
        self._server.send(signal.SIGHUP)

    def query(self, expression: str) -> list[Any]:
        """The `result` of an instant query: a list of series with `metric` and `value`."""
        answer = web.get_json(f"{self.url}/api/v1/query?{urlencode({'query': expression})}")
        return list(answer["data"]["result"])

    def alerts(self) -> list[Any]:
        return list(web.get_json(f"{self.url}/api/v1/alerts")["data"]["alerts"])

    def _config(self) -> dict[str, Any]:
        static = [{"targets": [t.address], "labels": dict(t.labels)} for t in self._targets]
        managers = [{"targets": [self._alertmanager]}] if self._alertmanager else []
        return {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.directory / "rules.yml")],
            "alerting": {"alertmanagers": [{"static_configs": managers}]},
            "scrape_configs": [{"job_name": "node", "static_configs": static}],
        }
