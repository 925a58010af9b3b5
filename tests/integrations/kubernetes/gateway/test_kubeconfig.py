"""What a kubeconfig says: done as kubectl would do it, or refused by its name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.core.errors import Permanent
from remediator.integrations.kubernetes.gateway.kubeconfig import read_account
from remediator.integrations.kubernetes.settings import KubernetesSettings
from tests.integrations.kubernetes.kubernetes_parts import kubeconfig

REFUSED_USERS: list[tuple[dict[str, Any], str]] = [
    ({"token": "a", "username": "b"}, "a token beside `username` and `password`"),
    ({"token": "a", "as-groups": ["g"]}, "`as-groups` and `as-user-extra` need `as`"),
    ({"tokenfile": "a"}, "the user 'me' has `tokenfile`, which we do not act on"),
    ({"token": 123}, "`token` of the user 'me': Input should be a valid string"),
    ({"exec": {"command": "a", "interactiveMode": "Always"}}, "nobody sits here to answer"),
    ({"exec": {"command": "a", "shell": "b"}}, "has `exec.shell`, which we do not act on"),
    ({"exec": {}}, "`exec.command` of the user 'me'"),
    ({"exec": "aws"}, "`exec` of the user 'me'"),
]


@pytest.mark.parametrize(("user", "words"), REFUSED_USERS)
def test_what_a_kubeconfig_says_of_us_and_we_would_not_do_is_refused_by_name(
    user: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = kubeconfig(tmp_path, "http://one", **user)

    with pytest.raises(Permanent, match=words):
        read_account(KubernetesSettings(name="x", kubeconfig=path), {})


REFUSED_CLUSTERS: list[tuple[dict[str, Any], str]] = [
    ({"proxy-url": "socks5://127.0.0.1:1"}, "`proxy-url` begins with `socks5`: only http://"),
    ({"proxy-url": "proxy:3128"}, "`proxy-url` begins with"),
    ({"insecure-skip-tls-verify": True, "certificate-authority": "a"}, "choose"),
    ({"server": ""}, "`server` of the cluster 'there'"),
    ({"tls-servername": "a"}, "has `tls-servername`, which we do not act on"),
]


@pytest.mark.parametrize(("cluster", "words"), REFUSED_CLUSTERS)
def test_what_a_kubeconfig_says_of_a_cluster_and_we_would_not_do_is_refused_by_name(
    cluster: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = kubeconfig(tmp_path, "http://one")
    document = yaml.safe_load(path.read_text())
    document["clusters"][0]["cluster"] |= cluster
    path.write_text(yaml.safe_dump(document))

    with pytest.raises(Permanent, match=words):
        read_account(KubernetesSettings(name="x", kubeconfig=path), {})


def test_keys_that_are_null_are_as_if_they_were_not_written(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://one", **{"token": "a", "as": None, "extensions": None})

    assert read_account(KubernetesSettings(name="x", kubeconfig=path), {}).token == "a"


def test_a_plugin_is_told_the_authority_itself_and_its_own_extension(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    path = kubeconfig(
        tmp_path, "http://one", exec={"command": "sign-in", "provideClusterInfo": True}
    )
    document = yaml.safe_load(path.read_text())
    named = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    document["clusters"][0]["cluster"] |= {"certificate-authority": "ca.crt", "extensions": [named]}
    path.write_text(yaml.safe_dump(document))

    plugin = read_account(KubernetesSettings(name="x", kubeconfig=path), {}).plugin

    assert plugin is not None
    assert plugin.cluster == {
        "server": "http://one",
        "certificate-authority-data": "UEVN",
        "config": {"audience": "a"},
    }
