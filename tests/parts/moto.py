"""moto's server: AWS's shapes over HTTP. It enforces few of AWS's rules; those are told with botocore's Stubber."""

import os
import sys

from tests.parts import web
from tests.parts.part import Part
from tests.parts.server import free_port


class Moto(Part):
    """An AWS for one test module; `reset` empties it."""

    def __init__(self) -> None:
        super().__init__("moto")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        argv = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1"]
        env = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
        self._server.start(
            [*argv, "-p", str(self.port)],
            lambda: web.answers(f"{self.url}/moto-api/data.json"),
            seconds=60,
            env=env,
        )
