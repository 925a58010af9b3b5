"""`kubernetes` in the settings: what it means, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.integrations.kubernetes.settings import (
    KUBERNETES_SECTION,
    GitOps,
    KubernetesSettings,
)
from tests.config.playbook_texts import assert_lines
from tests.config.settings_texts import problems, settings


def test_a_kubeconfig_is_beside_the_settings(tmp_path: Path) -> None:
    text = "kubernetes: [{name: eu, kubeconfig: eu.yaml, namespaces: ['shop-*'], gitops: warn}]\n"

    assert settings(tmp_path, text).sections[KUBERNETES_SECTION] == (
        KubernetesSettings(
            name="eu",
            kubeconfig=tmp_path / "eu.yaml",
            namespaces=("shop-*",),
            gitops=GitOps.WARN,
        ),
    )


def test_the_names_of_the_system_are_protected_unless_something_else_is_said(
    tmp_path: Path,
) -> None:
    assert settings(tmp_path, "{}").protected == ("namespace/kube-system",)
    assert settings(tmp_path, "protected: [host/db1]").protected == ("host/db1",)


BAD: list[tuple[str, str, list[str]]] = [
    (
        "two clusters of one name",
        "kubernetes: [{name: eu, namespaces: [b]}, {name: eu, namespaces: [a]}]\n",
        ["settings.yaml:1:50: error[duplicate-name]: there are two clusters `eu`"],
    ),
    (
        "a cluster in which no namespace may be touched",
        "kubernetes: [{name: eu}]\n",
        [
            "settings.yaml:1:14: warning[no-namespaces]: `eu` allows no namespace: playbooks may touch nothing in one. "
            "Name them under `namespaces`."
        ],
    ),
    (
        "a cluster whose name no target can hold",
        "kubernetes: [{name: arn/eu}]\n",
        ["settings.yaml:1:21: error[value]: `name`: string should match pattern …"],
    ),
    (
        "a kubeconfig in the home of nobody",
        "kubernetes: [{name: eu, kubeconfig: ~nobody-here/config, namespaces: [a]}]\n",
        ["settings.yaml:1:37: error[value]: `kubeconfig`: there is no such home directory: …"],
    ),
    (
        "an unknown word for gitops",
        "kubernetes: [{name: eu, gitops: sure}]\n",
        ["settings.yaml:1:33: error[choice]: …"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_problem_has_its_place_and_its_words(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert_lines(problems(tmp_path, text), expected)
