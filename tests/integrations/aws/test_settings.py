"""`aws` in the settings: what it means, what is refused, and what reaches the actions."""

from pathlib import Path

import pytest

from remediator.config.catalog import Catalog
from remediator.config.settings_reader import load_settings
from remediator.integrations.aws.build import aws_sides
from remediator.integrations.aws.gateway.absent import AbsentAws
from remediator.integrations.aws.settings import AWS_SECTION, AwsPrices, AwsSettings

FULL = """\
aws:
  regions: [eu-west-1, us-gov-west-1, eu-west-1]
  endpoint_url: https://vpce.example.com
  allow_tags: {remediator: allowed, team: db}
  instances: {web1: i-0123456789abcdef0}
  instance_by: [private-ip-address, "tag:Name"]
  prices: {source: price list of 2026-11, currency: EUR, gib_month: {gp3: 0.088, io2: 1}}
"""


def settings(folder: Path, text: str) -> AwsSettings:
    file = folder / "settings.yaml"
    file.write_text(text)
    return load_settings(file, Catalog()).checked().sections[AWS_SECTION]


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "settings.yaml"
    file.write_text(text)
    return [str(problem) for problem in load_settings(file, Catalog()).problems]


def test_the_section_is_read_whole(tmp_path: Path) -> None:
    found = settings(tmp_path, FULL)

    assert found.regions == ("eu-west-1", "us-gov-west-1")
    assert found.allow_tags == {"remediator": "allowed", "team": "db"}
    assert found.instances == {"web1": "i-0123456789abcdef0"}
    assert found.instance_by == ("private-ip-address", "tag:Name")
    assert found.prices == AwsPrices(
        source="price list of 2026-11", currency="EUR", gib_month={"gp3": 0.088, "io2": 1}
    )


def test_without_a_word_a_tag_is_asked_for_and_names_are_no_tags(tmp_path: Path) -> None:
    found = settings(tmp_path, "aws: {regions: [eu-west-1]}\n")

    assert found.allow_tags == {"remediator": "allowed"}
    assert found.instance_by == ("private-dns-name", "private-ip-address")
    assert found.prices is None


def test_a_key_without_a_value_takes_no_tag_away(tmp_path: Path) -> None:
    found = settings(tmp_path, "aws:\n  regions: [eu-west-1]\n  allow_tags:\n  instance_by:\n")

    assert found == AwsSettings(regions=("eu-west-1",))


def test_no_tag_is_asked_for_only_where_that_is_written(tmp_path: Path) -> None:
    found = settings(tmp_path, "aws: {regions: [eu-west-1], allow_tags: {}}\n")

    assert found.allow_tags == {}


def test_without_regions_there_is_no_aws() -> None:
    assert all(isinstance(side, AbsentAws) for side in aws_sides(AwsSettings(), {}))


def test_only_what_acts_can_write(tmp_path: Path) -> None:
    looking, acting = aws_sides(settings(tmp_path, FULL), {})

    assert not hasattr(looking, "write")
    assert hasattr(acting, "write")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("aws: {regions: [Ireland]}", "error[value]"),
        ("aws: {regions: [eu-west-1/x]}", "error[value]"),
        ("aws: {endpoint_url: file:///etc}", "`endpoint_url`: 'file:///etc' is not an http://"),
        ("aws: {instances: {web1: web1}}", "error[value]"),
        ("aws: {instance_by: [owner-id]}", "error[value]"),
        ("aws: {instance_by: ['tag:*']}", "error[value]"),
        ("aws: {prices: {gib_month: {gp3: 0.1}}}", "needs `source`"),
        ("aws: {prices: {source: x, currency: euro}}", "error[value]"),
        ("aws: {prices: {source: x, gib_month: {gp3: -1}}}", "error[range]"),
        ("aws: {prices: {source: x, gib_month: {gp3: cheap}}}", "error["),
        ("aws: {secret_access_key: x}", "error[unknown-key]"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, text: str, code: str) -> None:
    found = problems(tmp_path, text + "\n")

    assert found
    assert all(code in each for each in found), found
