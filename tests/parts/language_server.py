"""The yaml-language-server of editors, spoken to over stdio as an editor would. Installed once, by npm, pinned."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.parts.require import find, refuse, require

_PINNED = Path(__file__).parent / "npm"
_PROGRAM = "node_modules/yaml-language-server/bin/yaml-language-server"
_SETTINGS = {
    "schemaStore": {"enable": False},
    "validate": True,
    "hover": True,
    "completion": True,
}


def installed() -> Path:
    """The program, from a folder of the user's cache; skips (or fails in CI) where npm cannot get it."""
    require("node", "npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remediator-tests"
    folder = cache / "yaml-language-server-1.25.0"
    if not (folder / _PROGRAM).exists():
        cache.mkdir(parents=True, exist_ok=True)
        _install(folder)
    return folder / _PROGRAM


def _install(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_PINNED / name, fresh)
        argv = [find("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(argv, cwd=fresh, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            refuse(f"npm cannot install yaml-language-server: {done.stderr.strip()[-300:]}")
        try:
            os.rename(fresh, folder)
            Path(fresh).mkdir()  # for the context manager to remove
        except OSError:  # another worker was quicker
            assert (folder / _PROGRAM).exists()


class LanguageServer:
    """Use as a context manager. `look` opens a file's text and waits for what the server says of it."""

    def __init__(self) -> None:
        self._program = installed()
        self._numbers = itertools.count(1)
        self._said: dict[str, list[Any]] = {}

    def __enter__(self) -> Self:
        argv = [find("node") or "node", str(self._program), "--stdio"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        capabilities = {"workspace": {"configuration": True}, "textDocument": {"hover": {}}}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._tell("initialized", {})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def look(self, path: Path, text: str) -> list[str]:
        """What an editor would underline: `line:column message`, both from 1."""
        uri = path.as_uri()
        self._said.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self._said:
            self._take()
        return [_line(each) for each in self._said[uri]]

    def hover(self, path: Path, line: int, column: int) -> str:
        """What is shown where the mouse rests."""
        found = self.ask("textDocument/hover", _at(path, line, column))
        return "" if found is None else json.dumps(found["contents"])

    def complete(self, path: Path, line: int, column: int) -> list[str]:
        """What is offered there."""
        found = self.ask("textDocument/completion", _at(path, line, column))
        return [each["label"] for each in found["items"]]

    def ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while (answer := self._take()).get("id") != number or "method" in answer:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _tell(self, method: str, parameters: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _take(self) -> dict[str, Any]:
        """Read one message; answer what the server asks, keep what it says of files."""
        message = self._read()
        if message.get("method") == "textDocument/publishDiagnostics":
            self._said[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            is_settings = message["method"] == "workspace/configuration"
            asked = message["params"]["items"] if is_settings else ()
            result = [_SETTINGS if each.get("section") == "yaml" else {} for each in asked]
            self._send({"id": message["id"], "result": result if is_settings else None})
        return message

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        found: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return found


def _at(path: Path, line: int, column: int) -> dict[str, Any]:
    position = {"line": line - 1, "character": column - 1}
    return {"textDocument": {"uri": path.as_uri()}, "position": position}


def _line(diagnostic: Mapping[str, Any]) -> str:
    start = diagnostic["range"]["start"]
    return f"{start['line'] + 1}:{start['character'] + 1} {diagnostic['message']}"
