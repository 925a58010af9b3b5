"""One person has one yes, whichever door they come by and however their name is spelled there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediator.core.people import DeclaredPerson, People
from remediator.core.playbook import ApprovalPolicy
from remediator.core.run import Run
from remediator.http.auth import Authenticator
from remediator.http.credentials import ProxyTrust, Role, UserKeys
from tests.http.daemon import Answer, Daemon, a_waiting_run, keep, running

SECRET = "between us"
PROXY = ProxyTrust(networks=["127.0.0.0/8"], secret=SECRET, roles={Role.APPROVER: ["*"]})
TWO = ApprovalPolicy(count=2)


def door(*people: DeclaredPerson, token: str = "ana@example.com") -> dict[str, Any]:
    users = [
        UserKeys(name=token, role=Role.APPROVER, tokens=["first"]),
        UserKeys(name="bo", role=Role.APPROVER, tokens=["second"]),
    ]
    authenticator = Authenticator(users=users, proxy=PROXY, people=People(people))
    return {"authenticator": lambda: authenticator}


def by_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def by_proxy(name: str) -> dict[str, str]:
    return {"X-Remediator-Proxy-Secret": SECRET, "X-Forwarded-Email": name}


async def approve(daemon: Daemon, run: Run, headers: dict[str, str]) -> Answer:
    assert run.plan is not None
    path = f"/api/v1/runs/{run.id}/approve"
    return await daemon.post(path, {"digest": run.plan.digest}, headers=headers)


def asking(policy: ApprovalPolicy, owner: str = "sre-core") -> Run:
    run = a_waiting_run()
    return replace(run, order=replace(run.order, approval=policy, owner=owner))


async def second_yes(folder: Path, name: str, **site: Any) -> tuple[Answer, str]:
    """Approve by token, then by proxy under this name; return the second answer and the run's phase."""
    run = asking(TWO)
    async with running(folder, **site) as daemon:
        await keep(daemon.store, run)
        first = await approve(daemon, run, by_token("first"))
        assert (first.status, first.json["phase"]) == (200, "awaiting_approval")
        second = await approve(daemon, run, by_proxy(name))
        shown = await daemon.get(f"/api/v1/runs/{run.id}", headers=by_token("first"))
        return second, shown.json["phase"]


async def test_ana_by_token_and_Ana_by_proxy_are_one_vote(tmp_path: Path) -> None:
    answer, phase = await second_yes(tmp_path, "Ana@Example.com", **door())

    assert (answer.status, phase) == (409, "awaiting_approval")
    assert "has approved already" in answer.error["message"]


@pytest.mark.slow  # many real stores
@pytest.mark.parametrize(
    "name",
    [
        "ANA@EXAMPLE.COM",
        "\uff41na@example.com",
        "ana@example.com ",
        "\u0430na@example.com",
        "an\u00e1@example.com",
        "ana",
        "ana@corp.example.com",
        "ana+laptop@example.com",
    ],
    ids=ascii,
)
async def test_who_looks_like_somebody_who_voted_gives_no_second_vote(
    tmp_path: Path, name: str
) -> None:
    answer, phase = await second_yes(tmp_path, name, **door())

    assert (answer.status, phase) == (409, "awaiting_approval")
    assert "approved already" in answer.error["message"]


async def test_links_in_the_settings_make_two_names_one_person(tmp_path: Path) -> None:
    ana = DeclaredPerson(name="ana", tokens=("laptop-7",), proxy=("a.perez@example.com",))
    answer, phase = await second_yes(tmp_path, "A.Perez@example.com", **door(ana, token="laptop-7"))

    assert (answer.status, phase) == (409, "awaiting_approval")
    assert "ana has approved already" in answer.error["message"]


async def test_two_people_who_look_alike_and_are_declared_are_two_votes(tmp_path: Path) -> None:
    people = (
        DeclaredPerson(name="ana of shop", tokens=("ana@example.com",)),
        DeclaredPerson(name="ana of bank", proxy=("ana@bank.example",)),
    )
    answer, phase = await second_yes(tmp_path, "ana@bank.example", **door(*people))

    assert (answer.status, phase) == (200, "acting")
    assert [vote["person"] for vote in answer.json["approval"]["votes"]] == [
        "ana of shop",
        "ana of bank",
    ]


async def test_two_other_people_are_two_votes(tmp_path: Path) -> None:
    answer, phase = await second_yes(tmp_path, "cy@example.com", **door())

    assert (answer.status, phase) == (200, "acting")


@pytest.mark.slow  # many real stores
@pytest.mark.parametrize("owner", ["Ana@example.com", "ANA", "\u0430na@example.com"], ids=ascii)
async def test_an_author_is_refused_in_every_spelling_and_somebody_else_is_not(
    tmp_path: Path, owner: str
) -> None:
    run = asking(ApprovalPolicy(not_author=True), owner)
    async with running(tmp_path, **door()) as daemon:
        await keep(daemon.store, run)

        assert (await approve(daemon, run, by_token("first"))).status == 403
        assert (await approve(daemon, run, by_proxy("Ana@Example.COM"))).status == 403
        assert (await approve(daemon, run, by_token("second"))).status == 200


async def test_a_list_of_deciders_names_a_person_by_any_of_their_names(tmp_path: Path) -> None:
    ana = DeclaredPerson(name="ana", tokens=("laptop-7",), proxy=("a.perez@example.com",))
    run = asking(ApprovalPolicy(users=("A.Perez@Example.com",)))
    async with running(tmp_path, **door(ana, token="laptop-7")) as daemon:
        await keep(daemon.store, run)

        assert (await approve(daemon, run, by_token("second"))).status == 403
        assert (await approve(daemon, run, by_token("first"))).status == 200


@pytest.mark.slow  # many real stores
@pytest.mark.parametrize(
    "name",
    [
        "ana\u202e@example.com",
        "a\u200bna@example.com",
        "ana\u2066",
        "\u3164",
        "ana\u00ad",
        "\u2800",
    ],
    ids=ascii,
)
async def test_a_name_that_nobody_can_read_does_not_come_in(tmp_path: Path, name: str) -> None:
    async with running(tmp_path, **door()) as daemon:
        answer = await daemon.get("/api/v1/status", headers=by_proxy(name))

        assert (answer.status, answer.error["code"]) == (401, "unauthorized")
