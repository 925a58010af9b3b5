"""The pages that are shipped, and what stands in their code blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOP = tuple(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))
PAGES = (*TOP, *sorted((ROOT / "docs").rglob("*.md")))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def every_block(language: str) -> Iterator[tuple[str, str]]:
    """Where it stands, and its text."""
    for page in PAGES:
        for number, text in enumerate(blocks(page, language), 1):
            yield f"{page.relative_to(ROOT)}:{number}", text
