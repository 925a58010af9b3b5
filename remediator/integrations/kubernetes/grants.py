"""`remediator rbac`: the roles that the playbooks need in clusters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from remediator.ports.grants import Granting, GrantOption, Grants, GrantWriter, WrongOption

if TYPE_CHECKING:
    from remediator.integrations.kubernetes.settings import KubernetesSettings

_ACCOUNT = re.compile(r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,253})")


def write(granting: Granting) -> Grants:
    """Return the roles of every cluster, or of the one that is named."""
    from remediator.integrations.kubernetes.needs import cluster_needs
    from remediator.integrations.kubernetes.rbac import rbac_text

    owner = _ACCOUNT.fullmatch(granting.options["account"] or "")
    if owner is None:
        raise WrongOption("account", "expected NAMESPACE/NAME")
    account = owner[1], owner[2]
    chosen = _clusters(granting)
    texts = [rbac_text(cluster_needs(granting.needs, each), each, account) for each in chosen]
    note = "for several clusters, one after the other: --cluster NAME prints one"
    return Grants(text="---\n".join(texts), notes=(note,) if len(chosen) > 1 else ())


def _clusters(granting: Granting) -> Sequence[KubernetesSettings]:
    from remediator.integrations.kubernetes.needs import ANY_CLUSTER
    from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION

    known, wanted = granting.sections[KUBERNETES_SECTION], granting.options["cluster"]
    chosen = [each for each in known or (ANY_CLUSTER,) if wanted in (None, each.name)]
    if not chosen:
        names = ", ".join(each.name for each in known) or "none"
        raise WrongOption("cluster", f"the settings have: {names}")
    return chosen


GRANTS = (
    GrantWriter(
        command="rbac",
        what="Print the Kubernetes roles that the playbooks need, and bindings to the daemon's account.",
        more="With --config.file, the roles are for the namespaces that the settings allow.",
        examples=(
            "remediator rbac --config.file /etc/remediator/remediator.yaml | kubectl apply -f -",
            "remediator rbac playbooks/pod-crash-looping.yaml",
        ),
        options=(
            GrantOption(name="cluster", help="Only this one of the settings' clusters."),
            GrantOption(
                name="account",
                help="The daemon's service account, NAMESPACE/NAME.",
                default="remediator/remediator",
            ),
        ),
        write=write,
    ),
)
