"""What comes with which folder here: whoever names it without the folder is told, and what nobody names stays
unloaded. A test keeps it."""

from __future__ import annotations

from collections.abc import Mapping

SHIPPED: Mapping[str, tuple[str, ...]] = {
    "alertmanager": (
        "alert",
        "firing",
    ),
    "aws": (
        "asg.scale",
        "ebs.grow",
        "ec2.reboot",
        "rds.add_read_replica",
    ),
    "console": ("console",),
    "hosts": (
        "disk",
        "disk.usage",
        "docker.prune",
        "filesystem.grow",
        "host",
        "host.command",
        "host.top",
        "journal.errors",
        "journal.vacuum",
        "service.restart",
        "unit",
    ),
    "http": (
        "http",
        "tcp",
        "webhook",
    ),
    "kubernetes": (
        "daemonset",
        "deployment",
        "events",
        "gitops",
        "kubernetes.cordon",
        "kubernetes.delete_pod",
        "kubernetes.drain",
        "kubernetes.expand_volume",
        "kubernetes.hpa_set_min",
        "kubernetes.patch",
        "kubernetes.pod_command",
        "kubernetes.rollout_restart",
        "kubernetes.rollout_undo",
        "kubernetes.scale",
        "kubernetes.suspend_cronjob",
        "kubernetes.uncordon",
        "node",
        "pod",
        "pod_logs",
        "pods_ready",
        "pvc",
        "rollout",
        "rollout_diff",
        "statefulset",
        "top",
    ),
    "postgres": (
        "postgres",
        "postgres.activity",
        "postgres.cancel_queries",
        "postgres.terminate_queries",
    ),
    "prometheus": ("promql",),
    "slack": ("slack",),
}

COMMANDS: Mapping[str, str] = {"iam": "aws", "rbac": "kubernetes", "sudoers": "hosts"}
"""The folders of the commands that write what must be granted."""


def command_comes_with(name: str) -> str:
    """Return what to say of a command that is not there but is shipped."""
    folder = COMMANDS.get(name)
    return (
        f"`{name}` comes with the integration `{folder}`, which is not installed" if folder else ""
    )


def comes_with(name: str) -> str:
    """Return what to say of a name that is not there but is shipped; empty for what nobody ships."""
    folder = folder_of(name)
    return (
        f"`{name}` comes with the integration `{folder}`, which is not installed." if folder else ""
    )


def folder_of(name: str) -> str:
    """Return the folder that brings a name; empty for what nobody ships."""
    return next((folder for folder, names in SHIPPED.items() if name in names), "")
