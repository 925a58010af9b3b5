"""What the SDK raises becomes what the engine should do next; test_aws.py has some of it from a server."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.integrations.aws.api import Call
from remediator.integrations.aws.gateway.errors import (
    is_nothing_found,
    is_rehearsed,
    translated,
)

CALL = Call(service="rds", operation="modify_db_instance", region="eu-west-1")
URL = {"endpoint_url": "https://rds.example"}


def answered(code: str, status: int = 400, words: str = "so") -> sdk.ClientError:
    response = {
        "Error": {"Code": code, "Message": words},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return sdk.ClientError(response, "ModifyDBInstance")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "looking", "changing", "words"),
    [
        (answered("AccessDenied"), Permanent, Permanent, "we may not rds:ModifyDBInstance: so The"),
        (answered("Throttling"), Transient, Transient, "Throttling: so"),
        (answered("IncorrectState"), Transient, Transient, "IncorrectState: so"),
        (answered("ExpiredToken"), Transient, Transient, "ExpiredToken: so"),
        (answered("DBInstanceAlreadyExists"), Stale, Stale, "DBInstanceAlreadyExists: so"),
        (answered("InternalError", 500), Transient, Uncertain, "InternalError: so"),
        (answered("Odd", 499), Permanent, Permanent, "Odd: so"),
        (sdk.NoCredentialsError(), Permanent, Permanent, "there are no credentials: give the"),
        (
            sdk.PartialCredentialsError(provider="env", cred_var="x"),
            *(Permanent, Permanent, "there are no credentials: give the"),
        ),
        (
            sdk.EndpointConnectionError(**URL),
            *(Transient, Transient, "could not be reached: Could not connect"),
        ),
        (
            sdk.ReadTimeoutError(**URL),
            Transient,
            Uncertain,
            "the answer did not come: Read timeout",
        ),
        (sdk.SSLError(error="x", **URL), Transient, Uncertain, "the answer did not come: SSL"),
        (ResponseParserError("x"), Transient, Uncertain, "the answer did not come: x"),
        (
            sdk.CredentialRetrievalError(provider="sso", error_msg="x"),
            *(Transient, Transient, "no credentials for now: Error when"),
        ),
        (sdk.ParamValidationError(report="x"), Permanent, Permanent, "Parameter validation failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_went_wrong_says_whether_to_try_again_and_whether_to_look_first(
    error: Exception, looking: type, changing: type, words: str
) -> None:
    looked, changed = (translated(error, CALL, changes=changes) for changes in (False, True))

    assert (type(looked), type(changed)) == (looking, changing)
    assert looked.detail.startswith(words)
    assert looked.target == "rds eu-west-1"


def test_a_refusal_that_only_aws_can_read_is_left_out() -> None:
    error = answered("UnauthorizedOperation", words="No. Encoded authorization failure message: Q1")

    assert "Q1" not in translated(error, CALL, changes=True).detail


@pytest.mark.parametrize(
    ("code", "nothing", "rehearsed"),
    [
        ("InvalidVolume.NotFound", True, False),
        ("DBInstanceNotFound", True, False),
        ("DBInstanceNotFoundFault", True, False),
        ("NotFoundAtAll", False, False),
        ("DryRunOperation", False, True),
    ],
)
def test_some_refusals_are_answers(code: str, *, nothing: bool, rehearsed: bool) -> None:
    error: Any = answered(code)

    assert (is_nothing_found(error), is_rehearsed(error)) == (nothing, rehearsed)
