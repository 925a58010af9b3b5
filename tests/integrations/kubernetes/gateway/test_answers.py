"""What each refusal of a cluster means: for a look, for a rehearsal, and for a change that may have been made."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.integrations.kubernetes.api import PODS, PatchType, Ref, Verb, Write
from remediator.integrations.kubernetes.gateway.answers import (
    Wish,
    look_error,
    rehearsal_error,
    wish_of,
    write_error,
)

REF = Ref(resource=PODS, namespace="pay", name="api")
MERGE = Write(verb=Verb.PATCH, ref=REF)
JSON = Write(verb=Verb.PATCH, ref=REF, patch=PatchType.JSON)
EVICT = Write(verb=Verb.CREATE, ref=REF, subresource="eviction")
RBAC = 'pods "api" is forbidden: User "sa:bot" cannot patch resource "pods"'
HOOK = 'Internal error occurred: failed calling webhook "x"'
CAUSE = {"message": "so", "details": {"causes": [{"reason": "FieldValueInvalid"}]}}


def said(message: str) -> dict[str, Any]:
    return {"kind": "Status", "message": message}


@pytest.mark.parametrize(
    ("write", "status", "document", "looked", "rehearsed", "written"),
    [
        (MERGE, 400, said("so"), Permanent, Permanent, Permanent),
        (MERGE, 401, said("so"), Permanent, Permanent, Transient),
        (MERGE, 403, said(RBAC), Permanent, Permanent, Permanent),
        (MERGE, 404, said("so"), Permanent, Transient, Stale),
        (MERGE, 409, said("so"), Permanent, Transient, Stale),
        (MERGE, 412, said("so"), Permanent, Transient, Stale),
        (MERGE, 422, said("so"), Permanent, Permanent, Permanent),
        (JSON, 422, said("so"), Permanent, Transient, Stale),
        (JSON, 422, CAUSE, Permanent, Permanent, Permanent),
        (EVICT, 422, said("so"), Permanent, Permanent, Permanent),
        (MERGE, 429, said("so"), Transient, Transient, Transient),
        (MERGE, 499, said("so"), Permanent, Permanent, Permanent),
        (MERGE, 500, said("so"), Transient, Transient, Uncertain),
        (MERGE, 500, said(HOOK), Transient, Transient, Transient),
        (MERGE, 503, said(HOOK), Transient, Transient, Uncertain),
        (MERGE, 504, None, Transient, Transient, Uncertain),
    ],
)
def test_a_refusal_says_whether_to_try_again_and_whether_to_look_first(
    write: Write, status: int, document: Any, looked: type, rehearsed: type, written: type
) -> None:
    assert type(look_error(wish_of(write), status, document)) is looked
    assert type(rehearsal_error(write, status, document)) is rehearsed
    assert type(write_error(write, status, document)) is written


@pytest.mark.parametrize(
    ("status", "document", "words"),
    [
        (
            403,
            said(RBAC),
            "the user sa:bot may not patch pods in the namespace pay; `remediator rbac",
        ),
        (403, said("no: User cannot"), "refused by the cluster's admission: no: User cannot"),
        (403, said("we cannot say"), "our user may not patch pods in the namespace pay; "),
        (403, said("exceeded quota"), "refused by the cluster's admission: exceeded quota"),
        (401, said("so"), "the cluster does not know who we are: so"),
        (400, said("so"), "cannot patch pods in the namespace pay: so"),
        (503, None, "status 503"),
        (503, {"message": 7}, "status 503"),
    ],
)
def test_a_refusal_is_told_in_plain_words(status: int, document: Any, words: str) -> None:
    assert look_error(wish_of(MERGE), status, document).detail.startswith(words)


@pytest.mark.parametrize(
    ("wish", "words", "thing"),
    [
        (wish_of(EVICT), "create pods/eviction in the namespace pay", "pods/pay/api"),
        (Wish(verb="list", group="apps", plural="x"), "list x (API group apps)", "x"),
    ],
)
def test_a_wish_is_worded_as_rbac_does(wish: Wish, words: str, thing: str) -> None:
    assert (str(wish), wish.object) == (words, thing)
