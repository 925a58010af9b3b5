"""The section `postgres`: addresses without passwords, TLS unless somebody says no."""

from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import LoadedSettings, load_settings
from remediator.documents.secret import Secret
from remediator.integrations.postgres.settings import POSTGRES_SECTION, Tls


def read(folder: Path, text: str) -> LoadedSettings:
    (folder / "ops").write_text("hunter2\n")
    file = folder / "remediator.yaml"
    file.write_text(text)
    return load_settings(file, find_catalog())


def test_a_database_is_read(tmp_path: Path) -> None:
    text = """\
postgres:
  - name: orders
    url: postgresql://ops@db1/orders
    password_file: ops
    users: [shop]
    checks: {room: SELECT true}
"""
    settings = read(tmp_path, text).checked()
    (found,) = settings.sections[POSTGRES_SECTION]

    assert (found.host, found.port, found.user, found.database) == ("db1", 5432, "ops", "orders")
    assert found.password == Secret("hunter2")
    assert found.tls is Tls.VERIFY_FULL
    assert found.users == ("shop",)
    assert "hunter2" in settings.secrets()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("name: a, url: 'postgresql://ops:pw@db1/x'", "must not hold a password"),
        ("name: a, url: 'postgresql://db1/x'", "postgresql://USER@HOST:PORT/DATABASE"),
        ("name: a, url: 'postgresql://u@db1/x', ca_file: x, tls: 'off'", "means nothing"),
        ("name: a, url: 'postgresql://u@db1/x', usr: [x]", "Did you mean `users`?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, entry: str, said: str) -> None:
    (problem,) = read(tmp_path, f"postgres: [{{{entry}}}]\n").problems

    assert said in str(problem)
    assert ":1:" in str(problem)


def test_two_of_one_name_are_told(tmp_path: Path) -> None:
    one = "{name: a, url: 'postgresql://u@db1/x'}"
    (problem,) = read(tmp_path, f"postgres: [{one}, {one}]\n").problems

    assert "two databases `a`" in str(problem)
