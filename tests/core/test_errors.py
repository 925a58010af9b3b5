"""Errors: each class says what to do next, and its text says where."""

from __future__ import annotations

import pytest

from remediator.core import errors


@pytest.mark.parametrize(
    "kind", [errors.Transient, errors.Permanent, errors.Uncertain, errors.Stale]
)
def test_an_action_error_names_its_target_and_keeps_its_detail(
    kind: type[errors.ActionError],
) -> None:
    error = kind("no answer", target="host/web1")
    assert (str(error), error.detail, error.target) == (
        "host/web1: no answer",
        "no answer",
        "host/web1",
    )
    assert str(kind("no answer")) == "no answer"


def test_a_refusal_has_a_code_and_a_hint() -> None:
    refused = errors.Refused("forbidden", "you may not", hint="ask @sre")
    assert (refused.code, str(refused), refused.hint) == ("forbidden", "you may not", "ask @sre")


def test_a_delivery_error_says_when_to_try_again_and_whether_at_all() -> None:
    error = errors.DeliveryError("rate limited", retry_after=2.0, final=True)
    assert (error.retry_after, error.final) == (2.0, True)
