"""docs/extending.md shows the package that the tests install, as it is."""

from tests.docs.pages import ROOT, blocks

ACME = ROOT / "tests/outside/acme/acme_remediator"


def test_every_file_of_the_package_is_shown_as_it_is() -> None:
    shown = set(blocks(ROOT / "docs/extending.md", "python"))
    files = {
        file.name: file.read_text() for file in ACME.glob("*.py") if file.name != "__init__.py"
    }

    missing = [
        name for name, text in files.items() if text.rstrip() not in {s.rstrip() for s in shown}
    ]
    assert missing == []
    assert len(shown) == len(files)
