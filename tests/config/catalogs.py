"""A small catalog for these tests: nothing in it can be run, all of it can be written in a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field

from remediator.config.catalog import Catalog, by_name
from remediator.core.change import ActionEffect, Safety
from remediator.integrations.slack.delivery.deliverer import CHANNEL as SLACK
from remediator.ports.action import Action
from remediator.ports.channel import Channel
from remediator.ports.check import Check
from remediator.ports.parameters import Duration, NoParameters, Parameters, Size
from remediator.ports.probe import Probe


def _never(*arguments: Any) -> NoReturn:
    raise AssertionError("nothing of this catalog is ever built")


class Vacuum(Parameters):
    keep_size: Size = 500 * 1024 * 1024
    keep_time: Duration | None = None


class Prune(Parameters):
    what: list[Literal["images", "build_cache", "containers"]]
    older_than: Duration
    all_images: bool = False
    path: str = "/"


class Scale(Parameters):
    replicas: Annotated[int, Field(ge=0, le=100)]


class Run(Parameters):
    command: str
    arguments: tuple[str, ...] = ()


class Query(Parameters):
    query: str


class State(Parameters):
    state: Literal["resolved", "firing"]
    fresh: Duration | None = None


class Matchers(Parameters):
    matchers: list[str]


class Page(Parameters):
    url: str
    status: int = 200


class Usage(Parameters):
    path: str
    top: int = 10


class Hook(Parameters):
    url: str
    bearer_token_file: str | None = None


class Post(Parameters):
    to: str


def an_action(name: str, parameters: type[Parameters], **more: Any) -> Action:
    given: dict[str, Any] = {
        "doc": name,
        "effect": ActionEffect.IRREVERSIBLE,
        "safety": Safety.RECEIPT,
        "targets": ("host", "pod"),
        "example": "",
        "proposer": _never,
        "applier": _never,
    }
    return Action(name=name, parameters=parameters, **(given | more))


def a_check(name: str, parameters: type[Parameters], shorthand: str, *promql: str) -> Check:
    return Check(
        name=name,
        doc=name,
        parameters=parameters,
        shorthand=shorthand,
        example="",
        checker=_never,
        promql=promql,
    )


def _prune_effect(parameters: Any) -> ActionEffect:
    return ActionEffect.IRREVERSIBLE if parameters.all_images else ActionEffect.REVERSIBLE


def small_catalog(more: Mapping[str, Any] | None = None) -> Catalog:
    actions = (
        an_action("journal.vacuum", Vacuum),
        an_action("docker.prune", Prune, effect_of=_prune_effect),
        an_action("ssh.run", Run, effect=ActionEffect.REVERSIBLE),
        an_action("host.shout", NoParameters, safety=Safety.BLIND),
        an_action("host.carve", Run, effect=ActionEffect.REVERSIBLE, literal=("command",)),
        an_action(
            "k8s.scale",
            Scale,
            effect=ActionEffect.REVERSIBLE,
            targets=("deployment",),
            least_timeout=timedelta(seconds=20),
        ),
    )
    checks = (
        a_check("promql", Query, "query", "query"),
        a_check("alert", State, "state"),
        a_check("firing", Matchers, "matchers"),
        a_check("http", Page, "url"),
    )
    probe = Probe(
        name="disk.usage",
        doc="",
        parameters=Usage,
        targets=("host",),
        example="",
        prober=_never,
    )
    channels = (
        Channel(name="console", doc="", settings=NoParameters, shorthand="", deliverer=_never),
        Channel(name="webhook", doc="", settings=Hook, shorthand="url", deliverer=_never),
        replace(SLACK, settings=Post, deliverer=_never),
    )
    return Catalog(
        actions=by_name(actions),
        checks=by_name(checks),
        probes=by_name((probe,)),
        channels=by_name(channels),
    )
