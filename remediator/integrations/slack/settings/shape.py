"""The shape of `slack`."""

from __future__ import annotations

from pydantic import StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.value_types import (
    Path_,
    Url,
)


class SlackShape(Shape):
    """`slack`."""

    bot_token: StrictStr | None = None
    bot_token_file: Path_ | None = None
    app_token: StrictStr | None = None
    app_token_file: Path_ | None = None
    signing_secret: StrictStr | None = None
    signing_secret_file: Path_ | None = None
    channel: Word | None = None
    api_url: Url = "https://slack.com/api/"
