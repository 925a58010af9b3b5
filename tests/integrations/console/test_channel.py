"""The channel `console`: calm text, no surprises for the terminal."""

import io
from dataclasses import replace

import pytest

from remediator.core.errors import DeliveryError
from remediator.core.messages import MessageKind
from remediator.integrations.console.channel import CHANNELS, ConsoleDeliverer, ConsoleSettings
from remediator.testing.channel_contract import ChannelContract, a_message
from tests.bound import reads_of


class Screen(io.StringIO):
    """A stream that may be a terminal, and remembers each message by itself."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self.messages: list[str] = []

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        self.messages.append(text)
        return super().write(text)


class Watcher:
    def __init__(self) -> None:
        self.screen = Screen()
        self.deliverer = ConsoleDeliverer(self.screen)

    def seen(self) -> tuple[str, ...]:
        return tuple(self.screen.messages)

    def block(self) -> None:
        self.screen.close()


class TestConsole(ChannelContract):
    @pytest.fixture
    def audience(self) -> Watcher:
        return Watcher()


async def test_a_message_is_a_few_lines_and_ends_with_a_line_break() -> None:
    screen = Screen()

    await ConsoleDeliverer(screen, width=80).deliver(a_message(), None)

    assert screen.getvalue() == (
        "[result] Disk space low on web1. Cleanup ran. Space reclaimed: 1.0 GB.\n"
        "    journal.vacuum: done, 3.0 GB freed\n"
        "    promql: holds (1 sample, 0.41)\n"
        "  playbook: disk-space-low\n"
        "  run: run_1\n"
        "  took: 42s\n"
    )


async def test_a_message_of_one_line_is_one_line() -> None:
    screen = Screen()

    await ConsoleDeliverer(screen).deliver(replace(a_message(), lines=(), facts={}), None)

    assert screen.getvalue().count("\n") == 1


async def test_lines_fit_the_width() -> None:
    screen = Screen()

    await ConsoleDeliverer(screen, width=40).deliver(a_message(), None)

    assert max(map(len, screen.getvalue().split("\n"))) <= 40


async def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = Screen(is_terminal=True)

    await ConsoleDeliverer(screen).deliver(a_message(MessageKind.FAILURE), None)

    assert screen.getvalue().startswith("\x1b[31m[failure]")
    assert screen.getvalue().split("\n")[0].endswith("\x1b[0m")


async def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen(is_terminal=True)

    await ConsoleDeliverer(screen).deliver(a_message(MessageKind.FAILURE), None)

    assert "\x1b" not in screen.getvalue()


async def test_a_stream_that_knows_only_ascii_is_written_to_all_the_same() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    await ConsoleDeliverer(stream).deliver(replace(a_message(), text="größer → 🚒"), None)

    assert b"gr??er" in raw.getvalue()


async def test_a_reader_that_left_is_a_delivery_error() -> None:
    class Broken(Screen):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(DeliveryError, match="BrokenPipeError"):
        await ConsoleDeliverer(Broken()).deliver(a_message(), None)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_the_registered_channel_writes_to_the_chosen_stream(
    stream: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (channel,) = CHANNELS
    settings = ConsoleSettings.model_validate({channel.shorthand: stream})

    await channel.deliverer(reads_of(), settings).deliver(a_message(), None)

    assert "Cleanup ran." in getattr(capsys.readouterr(), stream[3:])
