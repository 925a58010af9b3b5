"""A guard that is stricter than the published rule of its alert is told."""

from __future__ import annotations

import pytest

from remediator.integrations.prometheus.knowledge.published_rules import stricter

SPACE = "node_filesystem_avail_bytes{instance='a'}", "node_filesystem_size_bytes"
FILLING = "NodeFilesystemSpaceFillingUp"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{0} / {1} < 0.15", "< 0.15"),
        ("0.15 > ({0} / {1})", "< 0.15"),
        ("{0} * 100 / {1} < 15", "< 0.15"),
        ("100 * ({0} / {1}) <= 15", "<= 0.15"),
        ("{0} / {1} < 0.15 and node_filesystem_readonly == 0", "< 0.15"),
        ("node_filesystem_readonly == 0 and {0} / {1} < 0.15", "< 0.15"),
        ("{0} / {1} < 0.15 unless node_filesystem_readonly == 1", "< 0.15"),
        ("{0} / {1} < 0.4", ""),
        ("{0} / {1} < 0.5", ""),
        ("{0} / {1} < 0.15 or predict_linear(up[6h], 86400) < 0", ""),
        ("{0} / {1} < bool 0.15", ""),
        ("{0} / {1} > 0.15", ""),
        ("{0} < 0.15", ""),
        ("{0} / {1} < (", ""),
    ],
)
def test_a_guard_that_lets_pass_less_than_the_published_rule_is_told(query: str, told: str) -> None:
    found = stricter(query.format(*SPACE), lambda name: name == FILLING)

    ratio = "node_filesystem_avail_bytes / node_filesystem_size_bytes"
    words = f"`{ratio} {told}` is stricter than the published rule {FILLING}, which fires at < 0.4"
    assert found == (words if told else "")


def test_what_is_high_is_stricter_where_the_number_is_larger() -> None:
    query = "node_filefd_allocated / node_filefd_maximum > {}"
    names = "NodeFileDescriptorLimit".__eq__

    assert "fires at > 0.7" in stricter(query.format(0.8), names)
    assert stricter(query.format(0.6), names) == ""


def test_a_rule_that_the_playbook_does_not_name_says_nothing() -> None:
    query = "{} / {} < 0.15".format(*SPACE)
    assert stricter(query, lambda name: name == "NodeFilesystemAlmostOutOfSpace") == ""
