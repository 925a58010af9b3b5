"""Draw docs/pictures/slack-*.png: `python docs/draw_slack.py` (needs Chromium; `--html DIRECTORY` writes pages only).

Beside the pictures lies `slack.json`: for each, the digest of the page it was taken of. A test fails where a page is
not the one of the picture any more; then run this, and look at what it draws.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from docs.slack_page import message_page, window_page  # noqa: E402
from docs.slack_scenes import NAMES, Scene, scenes  # noqa: E402
from remediator.testing.builders import MOMENT  # noqa: E402

PICTURES = HERE / "pictures"
PRINTS = PICTURES / "slack.json"
WIDTH, HEIGHT, SCALE = 660, 1400, 1.25
"""Of the window that is photographed, in CSS pixels; what is empty below is cut off."""


def pages() -> dict[str, str]:
    """Return the page of every picture, by name."""
    return {f"slack-{scene.name}": _page(scene) for scene in scenes()}


def prints() -> dict[str, str]:
    """Return the digest of every page, by name."""
    return {name: sha256(page.encode()).hexdigest()[:16] for name, page in pages().items()}


def main(arguments: list[str]) -> int:
    """Draw everything, or write the pages into a directory."""
    if arguments[:1] == ["--html"]:
        for name, page in pages().items():
            Path(arguments[1], f"{name}.html").write_text(page, encoding="utf-8")
        return 0
    browser = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if browser is None:
        sys.stderr.write("no chromium is installed\n")
        return 1
    PICTURES.mkdir(exist_ok=True)
    for name, page in pages().items():
        _photograph(browser, page, PICTURES / f"{name}.png")
    PRINTS.write_text(json.dumps(prints(), indent=2) + "\n", encoding="utf-8")
    return 0


def _page(scene: Scene) -> str:
    if scene.view is not None:
        return window_page(scene.view, NAMES)
    blocks = scene.drawing.blocks if scene.drawing else ()
    return message_page(blocks, MOMENT, NAMES)


def _photograph(browser: str, page: str, picture: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "page.html")
        source.write_text(page, encoding="utf-8")
        words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        words += [f"--user-data-dir={directory}/profile", f"--force-device-scale-factor={SCALE}"]
        words += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}", source.as_uri()]
        subprocess.run(words, check=True, capture_output=True, timeout=120)  # noqa: S603 - our own words
    _trim(picture)


def _trim(picture: Path) -> None:
    """Cut what is empty at the bottom off, and keep 128 colours: a tenth of the bytes, and nobody sees it."""
    from PIL import Image, ImageChops  # comes with matplotlib, the extra `graphs`

    with Image.open(picture) as taken:
        whole = taken.convert("RGB")
    white = Image.new("RGB", whole.size, "white")
    bottom = (ImageChops.difference(whole, white).getbbox() or (0, 0, 0, whole.height))[3]
    kept = whole.crop((0, 0, whole.width, min(bottom + 20, whole.height)))
    kept.quantize(128).save(picture, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
