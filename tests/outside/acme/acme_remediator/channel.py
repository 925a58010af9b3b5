"""The channel `paper`: a line in a file for every message."""

from pathlib import Path

from remediator.sdk import Channel, Message, Parameters, Reads


class PaperSettings(Parameters):
    """Where the paper lies."""

    file: str


class PaperDeliverer:
    """Writes lines."""

    def __init__(self, settings: PaperSettings) -> None:
        self._file = Path(settings.file)

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """See ports.channel.Deliverer."""
        with self._file.open("a") as paper:
            paper.write(f"{message.kind.value}: {message.title}\n")
        return message.deduplication


def _deliverer(reads: Reads, settings: PaperSettings) -> PaperDeliverer:
    return PaperDeliverer(settings)


CHANNELS = (
    Channel(
        name="paper",
        doc="Write a line into a file.",
        settings=PaperSettings,
        shorthand="file",
        deliverer=_deliverer,
    ),
)
