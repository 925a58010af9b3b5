"""The machines that remediator stands on, as far as its own settings and its kernel tell."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from remediator.config.own_machines import Surroundings, own_machines
from remediator.core.machine_names import hosts_of
from remediator.core.target import Target
from tests.config.settings_texts import problems, settings

SERVERS = """
prometheus: {url: "http://Prom.example.com:9090"}
alertmanager: {urls: ["http://10.0.0.9:9093", "http://[2001:db8::9]:9093", "http://localhost:9093"]}
store: postgresql://remediator@db1:5432/remediator
"""


def found(folder: Path, text: str) -> dict[str, str]:
    return {str(each.target): each.what for each in settings(folder, text).own_machines}


def test_the_machines_of_the_servers_in_the_settings_are_our_own(tmp_path: Path) -> None:
    ours = found(tmp_path, SERVERS)

    assert {name: ours[name] for name in ours if "`" in ours[name]} == {
        "host/db1": "the machine of `store`",
        "host/10.0.0.9": "the machine of `alertmanager.urls`",
        "host/2001:db8::9": "the machine of `alertmanager.urls`",
        "host/prom.example.com": "the machine of `prometheus.url`",
    }


def test_the_machine_that_the_daemon_runs_on_is_our_own_but_no_tunnel_is(tmp_path: Path) -> None:
    ours = found(tmp_path, "{}")

    assert set(ours.values()) <= {"the daemon's own machine"}
    assert {str(target) for target in hosts_of([socket.gethostname()])} <= ours.keys()
    assert "host/localhost" not in ours
    assert "host/127.0.0.1" not in ours


def test_every_server_of_a_store_with_several_is_our_own(tmp_path: Path) -> None:
    ours = found(tmp_path, "store: postgresql://u@db1,[2001:db8::2]:5433,db3:5432/remediator\n")

    assert {"host/db1", "host/2001:db8::2", "host/db3"} <= ours.keys()


def test_what_is_unprotected_may_be_touched_all_the_same(tmp_path: Path) -> None:
    ours = found(tmp_path, SERVERS + "unprotected: [host/db*, host/PROM.example.com]\n")

    assert "host/db1" not in ours
    assert "host/prom.example.com" not in ours
    assert "host/10.0.0.9" in ours


def test_a_database_file_names_no_machine(tmp_path: Path) -> None:
    assert found(tmp_path, "store: sqlite:////var/lib/x.sqlite3\n") == found(tmp_path, "{}")


@pytest.mark.parametrize("text", ["unprotected: [db1]\n", "unprotected: host/db1\n"])
def test_what_is_unprotected_is_written_as_what_is_protected(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


def test_targets_have_one_spelling() -> None:
    around = Surroundings(servers=(("prometheus.url", "http://MON1.:9090"),))
    named = {each.target for each in own_machines("", around, ())}

    assert Target("host", "mon1") in named
