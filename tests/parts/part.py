"""What all real parts share: a directory of their own, one server, and an end that always comes."""

import shutil
import tempfile
from pathlib import Path
from typing import Self

from tests.parts.server import Server


class Part:
    """A context manager around one server; `start` and `stop` may be called again in between."""

    def __init__(self, name: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"remediator-{name}-"))
        self.directory.chmod(0o755)
        self._server = Server(name, self.directory)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The server's id; for a wrapped one that of `nsenter`, which passes no signals on."""
        return self._server.pid

    @property
    def is_running(self) -> bool:
        return self._server.is_running

    def start(self) -> None:
        """Start, or start again with the same ports and files, and wait until it is ready."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the server and all that it started; may be repeated."""
        self._server.stop()

    def close(self) -> None:
        """Stop and forget everything."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self) -> str:
        """The end of what the server said."""
        return self._server.log()
