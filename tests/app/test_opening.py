"""What `serve` says when it begins: what it loaded, where data is, how far it may go, what to tell Alertmanager."""

from __future__ import annotations

from pathlib import Path

import yaml

from remediator.app.opening import Opening
from remediator.config.catalog import find_catalog
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode
from remediator.core.selection import Environment

SHIPPED = Path(__file__).parents[2] / "playbooks"
CATALOG = find_catalog()
SOME = (parse_matcher('env="x"'),)


def said(settings: Settings, book: PlaybookBook | None = None) -> str:
    opening = Opening(
        address="127.0.0.1:9095",
        settings=settings,
        book=book or PlaybookBook(),
        sources=CATALOG.sources,
    )
    return "\n".join(opening.lines())


def test_without_settings_it_says_what_it_loaded_where_data_is_and_that_all_is_a_dry_run() -> None:
    book = PlaybookLoader(CATALOG).load([SHIPPED / "disk-space-low.yaml"]).book

    text = said(Settings(playbooks=(Path("playbooks"),)), book)

    assert "1 from playbooks: disk-space-low" in text
    assert str(Path("remediator-data").absolute()) in text
    assert "everything is a dry run" in text
    assert "remediator init" in text


def test_without_playbooks_it_says_that_no_alert_is_answered() -> None:
    assert "no alert is answered; put some into ./playbooks" in said(Settings())
    assert "put some into `playbooks`" in said(Settings(file=Path("remediator.yaml")))


def test_what_is_to_be_pasted_is_a_configuration_of_alertmanager() -> None:
    pasted = said(Settings()).partition("Alertmanager:\n")[2]

    receivers = yaml.safe_load(pasted)["receivers"]
    (webhook,) = receivers[1]["webhook_configs"]
    assert webhook["url"] == "http://127.0.0.1:9095/webhooks/alertmanager"


def test_with_settings_it_says_how_far_it_may_go_and_where() -> None:
    text = said(
        Settings(
            file=Path("/etc/remediator/remediator.yaml"),
            environments=(
                Environment(name="staging", match=SOME, mode=Mode.AUTO),
                Environment(name="prod", match=SOME, mode=Mode.APPROVE),
            ),
        )
    )

    assert "by itself in staging; after approval in prod; a dry run everywhere else" in text
    assert "paste" not in text


def test_where_every_alert_has_an_environment_nothing_is_left_to_be_a_dry_run() -> None:
    everywhere = Environment(name="all", match=(), mode=Mode.APPROVE)

    text = said(Settings(file=Path("remediator.yaml"), environments=(everywhere,)))

    assert "changes    after approval in all\n" in text
