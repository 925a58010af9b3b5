"""The targets that are the daemon's own store: one server under any of its names, one port, one database."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.config.settings_texts import settings

SAME = "hosts: {same: [[host/db1.example.com, host/10.0.0.11], [host/10.0.0.11, host/pg]]}\n"
HERE = socket.gethostname()


def found(folder: Path, store: str, url: str, more: str = "") -> dict[str, str]:
    text = f"store: '{store}'\npostgres: [{{name: ours, url: '{url}'}}]\n{more}"
    ours = settings(folder, text).own_machines
    return {str(each.target): each.what for each in ours if each.target.kind == "postgres"}


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("postgresql://remediator@db1/runs", "postgresql://ops@db1/runs"),
        ("postgresql://db1:5432/runs", "postgresql://ops@DB1./runs"),
        ("postgresql://u@db1.example.com/runs", "postgresql://ops@db1:5432/runs"),
        ("postgresql://u:p@db0,db1:5433/runs", "postgresql://ops@db1:5433/runs"),
        ("postgresql://u@[2001:DB8:0::1]/runs", "postgresql://ops@[2001:db8::1]/runs"),
        ("postgresql://runs@db1", "postgresql://ops@db1/runs"),
        ("postgresql://u@db1?database=runs", "postgresql://ops@db1/runs"),
        ("postgresql://u@/runs?host=db0,db1&port=1,2", "postgresql://ops@db1:2/runs"),
        ("postgresql://u@localhost/runs", "postgresql://ops@127.0.0.1/runs"),
        ("postgresql:///runs?user=u&host=/run/pg&port=5433", "postgresql://ops@[::1]:5433/runs"),
        ("postgresql://u@%2Frun%2Fpg/runs", "postgresql://ops@localhost/runs"),
        ("postgresql:///runs", f"postgresql://ops@{HERE}/runs"),
    ],
)
def test_the_database_of_the_store_is_our_own_however_it_is_written(
    tmp_path: Path, store: str, url: str
) -> None:
    assert found(tmp_path, store, url) == {"postgres/ours": "the database of `store`"}


@pytest.mark.parametrize("host", ["10.0.0.11", "pg", "db1"])
def test_a_server_is_known_under_every_name_that_the_settings_tie_to_it(
    tmp_path: Path, host: str
) -> None:
    store, url = "postgresql://u@db1.example.com/runs", f"postgresql://ops@{host}/runs"

    assert found(tmp_path, store, url, SAME)
    assert bool(found(tmp_path, store, url)) is (host == "db1")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ops@db1/orders",
        "postgresql://ops@db1/Runs",
        "postgresql://ops@db1:6432/runs",
        "postgresql://ops@db2/runs",
        "postgresql://ops@db10/runs",
        "postgresql://ops@localhost/runs",
    ],
)
def test_another_database_port_or_server_is_not_our_own(tmp_path: Path, url: str) -> None:
    assert found(tmp_path, "postgresql://u@db1/runs", url) == {}


@pytest.mark.parametrize("store", ["sqlite:///runs", "postgresql://db1:x/runs"])
def test_a_store_that_is_no_such_database_names_none(tmp_path: Path, store: str) -> None:
    assert found(tmp_path, store, "postgresql://ops@db1/runs") == {}
    assert found(tmp_path, store, "postgresql://ops@localhost/runs") == {}


@pytest.mark.parametrize(
    ("free", "is_free"), [("postgres/ours", True), ("postgres/*", True), ("host/db1", False)]
)
def test_unprotected_takes_it_back_by_the_name_of_the_target(
    tmp_path: Path, free: str, is_free: bool
) -> None:
    url = "postgresql://u@db1/runs"

    assert found(tmp_path, url, url, f"unprotected: [{free}]\n") == (
        {} if is_free else {"postgres/ours": "the database of `store`"}
    )
