"""Which files of a folder are playbooks: all of them, or an error for each that would be missing without a word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.playbook_texts import HEAD, LOADER, STEPS, VERIFY

PLAYBOOK = HEAD + STEPS + VERIFY
LOOK = """
import json, os, sys
from pathlib import Path
from remediator.config.playbook_files import PlaybookFolder
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
folder = PlaybookFolder(Path(sys.argv[1]))
folder.look()
print(json.dumps([[file.named.name for file in folder.files], [str(p) for p in folder.problems]]))
"""


def loaded(folder: Path) -> tuple[list[str], list[str]]:
    found = LOADER.load([folder])
    names = sorted(Path(playbook.source).name for playbook in found.book)
    return names, [str(problem).replace(f"{folder}", "F") for problem in found.problems]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "good.yaml").write_text(PLAYBOOK)
    return folder


def test_a_dangling_link_is_an_error_that_names_it(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("elsewhere.yaml")

    _, problems = loaded(folder)

    assert problems == [
        "F/gone.yaml:1:1: error[unreadable]: the link to elsewhere.yaml leads to nothing: "
        "No such file or directory"
    ]


def test_a_pipe_with_the_name_of_a_playbook_is_an_error_and_holds_nothing_up(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yml")

    _, problems = loaded(folder)

    assert problems == [
        "F/pipe.yml:1:1: error[unreadable]: the file cannot be read: it is not a regular file"
    ]


def test_a_folder_with_the_name_of_a_playbook_is_an_error(folder: Path) -> None:
    (folder / "disk.yaml").mkdir()

    _, problems = loaded(folder)

    assert problems == [
        "F/disk.yaml:1:1: error[unreadable]: it is a folder with the name of a playbook: "
        "rename it, or take it away"
    ]


def test_a_link_out_of_the_folder_is_refused_and_nothing_of_the_file_is_told(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("root:hunter2:0:0\n- x\n")
    (folder / "shadow.yaml").symlink_to(tmp_path / "secret")
    (folder / "etc").symlink_to("/etc")

    _, problems = loaded(folder)

    assert [problem.partition(": it leads out of ")[0] for problem in problems] == [
        "F/etc:1:1: error[unreadable]",
        "F/shadow.yaml:1:1: error[unreadable]",
    ]
    assert "hunter2" not in str(problems)


def test_a_file_that_is_named_itself_is_no_way_out_either(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("root:hunter2:0:0\n- x\n")
    (folder / "shadow.yaml").symlink_to(tmp_path / "secret")

    problems = [str(problem) for problem in LOADER.load([folder / "shadow.yaml"]).problems]

    assert len(problems) == 1
    assert "it leads out of" in problems[0]
    assert "hunter2" not in problems[0]


def test_a_config_map_is_mounted_by_links_within_the_folder(tmp_path: Path) -> None:
    """Kubernetes' AtomicWriter: `x.yaml` -> `..data/x.yaml`, `..data` -> `..2026_…`; folders likewise."""
    mount = tmp_path / "mount"
    real = mount / "..2026_11_29_03_00_00.123"
    (real / "sub").mkdir(parents=True)
    (real / "good.yaml").write_text(PLAYBOOK)
    (real / "sub" / "more.yaml").write_text(PLAYBOOK.replace("name: ", "name: more-", 1))
    (mount / "..data").symlink_to(real.name)
    (mount / "good.yaml").symlink_to("..data/good.yaml")
    (mount / "sub").symlink_to("..data/sub")
    link = tmp_path / "playbooks"
    link.symlink_to(mount)

    for folder in (mount, link):
        assert loaded(folder) == (["good.yaml", "more.yaml"], [])
    assert LOADER.load([mount / "good.yaml"]).problems == ()


def test_a_folder_within_itself_is_an_error(folder: Path) -> None:
    (folder / "again").symlink_to(".")

    _, problems = loaded(folder)

    assert problems == [
        "F/again:1:1: error[unreadable]: the folder lies within itself, or too deep"
    ]


def test_what_is_no_playbook_does_not_matter(folder: Path) -> None:
    (folder / "README.md").symlink_to("gone")
    (folder / ".hidden.yaml").symlink_to("gone")
    (folder / "good_test.yaml").write_text("- a test\n")
    os.mkfifo(folder / "pipe")

    assert loaded(folder) == (["good.yaml"], [])


def test_a_folder_that_the_daemon_may_not_read_is_an_error_that_names_it(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody who may not")
    (folder / "team").mkdir()
    (folder / "team" / "drain.yaml").write_text(PLAYBOOK)
    (folder / "team").chmod(0o700)
    for above in (folder, *folder.parents):
        if above.owner() == "root" and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)

    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    files, problems = json.loads(done.stdout)
    assert files == ["good.yaml"]
    assert problems == [
        f"{folder}/team:1:1: error[unreadable]: the folder cannot be read: Permission denied; "
        "its playbooks would be missing. Let the daemon's user read it, or take it away"
    ]
