"""`check --online` asks every host that the settings name: whether it answers, and whether sudo lets us work there."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from remediator.app.online import inspect_online
from remediator.config.catalog import find_catalog
from remediator.config.needs import find_needs
from remediator.config.playbooks import PlaybookLoader
from remediator.integrations.hosts.rights import RootRight
from remediator.integrations.hosts.settings.hosts import HostResolver, HostRule, RuleKind
from remediator.integrations.hosts.settings.inventory import HostAddress, Inventory
from remediator.ports.inspection import Finding, Level
from tests.deploy.shipped import sudoers_of
from tests.parts.require import require
from tests.parts.sshd import Sshd

ROOT = Path(__file__).parents[3]
LOOKS = [{"journal.errors": {"since": "1h"}}, {"disk.usage": {"path": "/var"}}]
STEPS: list[dict[str, object]] = [
    {"journal.vacuum": {"keep_size": "500M", "path": "{{ labels.any }}"}},
    {"docker.prune": {"older_than": "24h", "path": "/var"}},
]
NGINX = {"service.restart": {"unit": "nginx.service"}}
DATABASE = {"service.restart": {"unit": "postgresql.service"}}


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    """An sshd whose account may do as root what is printed for these steps."""
    require("sshd", "ssh-keygen", "sudo", "visudo", root=True)
    with Sshd(sudo=True) as part:
        Path("/etc/sudoers.d", part.user).write_text(sudoers_of(part.user, [*STEPS, NGINX], LOOKS))
        yield part


def playbook(name: str, *steps: dict[str, object]) -> dict[str, object]:
    return {
        "name": name,
        "match": ['alertname="X"'],
        "requires": ["any"],
        "target": "host/web1",
        "diagnose": LOOKS,
        "mode": "approve",
        "steps": list(steps),
        "verify": {"all": [{"alert": "resolved"}]},
    }


def found(folder: Path, sshd: Sshd, *books: dict[str, object], port: int = 0) -> list[Finding]:
    variables = {"ansible_host": sshd.host, "ansible_port": port or sshd.port}
    hosts = {"_meta": {"hostvars": {"web1": variables}}}
    (folder / "inventory.json").write_text(json.dumps(hosts))
    (folder / "playbooks").mkdir()
    for book in books:
        (folder / "playbooks" / f"{book['name']}.yaml").write_text(yaml.safe_dump(book))
    ssh = {
        "user": sshd.user,
        "known_hosts": str(sshd.known_hosts_path),
        "private_key_file": str(sshd.private_key_path),
        "sudo": True,
    }
    section = {"resolve": [{"ansible_inventory": "inventory.json"}], "ssh": ssh}
    file = folder / "remediator.yaml"
    file.write_text(yaml.safe_dump({"hosts": section, "playbooks": ["playbooks"]}))
    return list(inspect_online((), file, find_catalog()))


@pytest.mark.slow
def test_a_host_with_the_printed_sudoers_lets_us_do_what_the_playbooks_need(
    sshd: Sshd, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, sshd, playbook("disk", *STEPS), playbook("web", NGINX))

    assert (finding.level, finding.where) == (Level.OK, "host web1")
    assert finding.text == "answers, and sudo allows what the playbooks need"


@pytest.mark.slow
def test_a_unit_that_sudoers_does_not_name_is_told_with_its_playbooks(
    sshd: Sshd, tmp_path: Path
) -> None:
    books = [playbook("db", DATABASE), playbook("db2", DATABASE), playbook("web", NGINX)]

    findings = found(tmp_path, sshd, *books)

    assert {(one.level, one.where) for one in findings} == {(Level.ERROR, "host web1")}
    assert sorted(one.text for one in findings) == [
        "sudo does not allow `systemctl reset-failed -- postgresql.service` (db, db2)",
        "sudo does not allow `systemctl restart -- postgresql.service` (db, db2)",
    ]


@pytest.mark.slow
def test_a_rule_of_many_commands_that_is_not_there_is_told_with_the_one_that_was_asked(
    sshd: Sshd, tmp_path: Path
) -> None:
    any_unit: dict[str, object] = {"service.restart": {"unit": "{{ labels.any }}"}}

    findings = found(tmp_path, sshd, playbook("any", any_unit))

    assert sorted(one.text for one in findings) == [
        f"sudo does not allow `systemctl {verb} -- SERVICE`, such as for any-of-the.service (any)"
        for verb in ("reset-failed", "restart")
    ]
    assert {one.hint for one in findings} == {"`remediator sudoers` prints what to grant"}


@pytest.mark.slow
def test_what_nobody_can_ask_for_is_told(sshd: Sshd, tmp_path: Path) -> None:
    any_kind: dict[str, object] = {"docker.prune": {"what": ["{{ labels.any }}"]}}

    _, finding = found(tmp_path, sshd, playbook("any", any_kind))

    assert (finding.level, finding.where) == (Level.WARNING, "hosts")
    assert finding.text == (
        "nobody can tell whether sudo allows it: labels decide `what`; write it out in the playbook (any)"
    )


@pytest.mark.slow
def test_a_host_that_does_not_answer_is_an_error(sshd: Sshd, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]

    (finding,) = found(tmp_path, sshd, playbook("web", NGINX), port=closed)

    assert (finding.level, finding.where) == (Level.ERROR, "host web1")


def test_all_that_the_shipped_playbooks_run_as_root_is_known() -> None:
    catalog = find_catalog()
    book = PlaybookLoader(catalog).load([ROOT / "playbooks"]).checked()

    rights = {need.right for need in find_needs(book, catalog)}

    commands = {
        " ".join(right.command.split()[:3]) for right in rights if isinstance(right, RootRight)
    }
    assert commands == {
        "journalctl --disk-usage",
        "journalctl --rotate --vacuum-size=524288000",
        "journalctl --quiet --no-pager",
        "docker info --format",
        "docker system df",
        "docker container ls",
        "docker image prune",
        "docker builder prune",
        "docker container inspect",
        "docker container rm",
        "journalctl --rotate --directory=JOURNAL",
        "timeout -k 2",
        "systemctl restart --",
        "systemctl reset-failed --",
        "blkid -p -s",
        "dumpe2fs -h DEVICE",
        "env TMPDIR=/dev/shm growpart",
        "find /proc -maxdepth",
        "lvextend -l +100%FREE",
        "lvextend --config backup/archive=0",
        "lvs --reportformat json",
        "pvs --reportformat json",
        "pvresize DEVICE",
        "pvresize --config backup/archive=0",
        "resize2fs DEVICE",
        "xfs_growfs -n PATH",
        "xfs_growfs PATH",
    }


@pytest.mark.parametrize(
    ("allow", "names"),
    [
        (None, ("web1", "db1")),
        ((r"web\d+",), ("web1",)),
        ((r"db1", r"app1\.example\.com", r"cache-2"), ("db1", "app1.example.com", "cache-2")),
        ((".*",), ("web1", "db1")),
        ((r"w\d", "x.*", "(a|b)"), ()),
    ],
)
def test_only_hosts_that_are_named_one_by_one_are_asked(
    allow: tuple[str, ...] | None, names: tuple[str, ...]
) -> None:
    known = {"web1": HostAddress(host="10.0.0.1"), "db1": HostAddress(host="10.0.0.2")}
    rule = HostRule(kind=RuleKind.INVENTORY, inventory=Inventory(hosts=known))

    assert HostResolver(rules=(rule,), allow=allow).named() == names
