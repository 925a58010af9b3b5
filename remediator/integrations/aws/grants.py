"""`remediator iam`: the policy that the playbooks need at AWS."""

from __future__ import annotations

from remediator.ports.grants import Granting, Grants, GrantWriter


def write(granting: Granting) -> Grants:
    """Return the policy."""
    from remediator.integrations.aws.iam import iam_text
    from remediator.integrations.aws.rights import cloud_needs
    from remediator.integrations.aws.settings import AWS_SECTION

    rights = cloud_needs(granting.needs)
    notes = () if rights else ("the playbooks need nothing at AWS",)
    return Grants(text=f"{iam_text(rights, granting.sections[AWS_SECTION])}\n", notes=notes)


GRANTS = (
    GrantWriter(
        command="iam",
        what="Print the AWS policy that the playbooks need.",
        more="Changes are allowed only where the tags of the settings' `aws.allow_tags` are on a thing.",
        examples=(
            "remediator iam --config.file /etc/remediator/remediator.yaml > policy.json",
            "remediator iam playbooks/disk-full-grow-volume.yaml",
        ),
        write=write,
    ),
)
