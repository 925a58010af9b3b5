"""What an SSH configuration says: acted on, of no account here, or refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from asyncssh.config import SSHClientConfig

from remediator.integrations.hosts.gateway.ssh_config import (
    ACTED_ON,
    NOT_NEEDED,
    ssh_config_problems,
)
from tests.config.settings_texts import problems


@pytest.mark.parametrize(
    "keyword",
    ["RevokedHostKeys /keys", "BindInterface eth1", "requiredrsasize=4096", "IdentityFiles x"],
)
def test_what_ssh_would_do_and_we_would_not_is_refused_with_its_line(
    tmp_path: Path, keyword: str
) -> None:
    (tmp_path / "extra").write_text(f"Host *\n  {keyword}\n")
    (tmp_path / "config").write_text(f"# ours\nUser ops\nInclude {tmp_path}/ext*\n")

    (problem,) = ssh_config_problems(tmp_path / "config")

    assert problem.startswith(f"{tmp_path}/extra:2: `{keyword.replace('=', ' ').split()[0]}` is")


def test_what_ssh_may_ignore_and_what_changes_nothing_here_is_no_problem(tmp_path: Path) -> None:
    text = (
        "IgnoreUnknown UseKeychain,Apple*\nUseKeychain yes\nappleThing = 1\nControlMaster auto\n\n"
    )
    (tmp_path / "config").write_text(f"{text}Include {tmp_path}/config\nMatch all\n Port 22\n")

    assert ssh_config_problems(tmp_path / "config") == ()


def test_asyncssh_acts_on_what_we_say_that_it_acts_on() -> None:
    assert set(SSHClientConfig._handlers) == ACTED_ON
    assert not ACTED_ON & NOT_NEEDED


def test_check_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("RevokedHostKeys /keys\n")

    (problem,) = problems(tmp_path, "hosts: {ssh: {config_file: config}}\n")

    assert problem.startswith("settings.yaml:1:28: error[ssh-config]: ")
    assert problem.endswith(
        "config:1: `RevokedHostKeys` is not acted on: remove it, or use another config_file"
    )
