"""One machine under several names: what is known of a target's other names, and what can be ruled out. Pure.

A machine may be a host by name, a host by address, an instance at AWS and a node of a cluster. Who knows says so: the
settings and the inventory (these names are `declared`), AWS, the cluster. Locks, cooldown and limits go by every name
that is known; `protected` also asks whether two names might be one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

from remediator.core import spelling
from remediator.core.target import Target

MACHINES = frozenset({"host", "instance", "node"})
_WITH_REGION = frozenset({"instance", "volume"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known about one target.

    `names` are its other names; `declared` are those of them that the operator wrote down; `perhaps` are names that
    lead to the same place and may be another thing. `machines` are what a part of machines (a volume) belongs to, None
    where nobody knows. `unsure` says why more could not be learnt, `told_by` where the settings can say more.
    """

    target: Target
    names: tuple[Target, ...] = ()
    declared: frozenset[Target] = frozenset()
    perhaps: frozenset[Target] = frozenset()
    machines: tuple[Identity, ...] | None = None
    unsure: str = ""
    told_by: tuple[str, ...] = field(default=(), compare=False)

    @property
    def all_names(self) -> tuple[Target, ...]:
        """Every name of this very thing, its own first."""
        return tuple(
            dict.fromkeys((self.target, *self.names, *_shorter((self.target, *self.names))))
        )

    @property
    def touched(self) -> tuple[Target, ...]:
        """Every name of this thing and of the machines that it is a part of."""
        parts = (name for machine in self.machines or () for name in machine.all_names)
        return tuple(dict.fromkeys((*self.all_names, *parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one system says of a target: its names, and hosts that the settings let it name (`declared`).

    `machines` are those that the target is a part of, None where it says nothing of them.
    """

    names: frozenset[Target] = frozenset()
    declared: frozenset[Target] = frozenset()
    machines: tuple[Target, ...] | None = None
    unsure: str = ""

    def joined(self, other: Said) -> Said:
        """Return what both say."""
        return Said(
            names=self.names | other.names,
            declared=self.declared | other.declared,
            machines=other.machines if self.machines is None else self.machines,
            unsure=self.unsure or other.unsure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMachine:
    """A machine, or a database, that remediator itself stands on, and what it is to it, in words."""

    target: Target
    what: str


def may_be_one(mine: Identity, theirs: Identity) -> bool:
    """Say whether nobody can rule out that two machines, which share no name, are one."""
    if look_alike(mine, theirs):
        return True
    kinds = (_hosts, _instances, _nodes, _comparable_addresses(mine, theirs))
    return not any(names(mine) and names(theirs) for names in kinds)


def is_address(target: Target) -> bool:
    """Say whether a host goes by its address."""
    if target.kind != "host":
        return False
    try:
        ip_address(target.name)
    except ValueError:
        return False
    return True


def is_loopback(target: Target) -> bool:
    """Say whether a host's name leads back to whoever uses it, so that a tunnel may be behind it."""
    return target.kind == "host" and spelling.is_loopback(target.name)


def shared_names(identities: Iterable[Identity]) -> tuple[Target, ...]:
    """Return all names of several things, each once."""
    return tuple(dict.fromkeys(name for each in identities for name in each.all_names))


def _shorter(names: Iterable[Target]) -> Iterable[Target]:
    """An id that is unique in the world is the same thing without its `@REGION`, a pod's container is in its pod."""
    for name in names:
        path, at, _ = name.name.partition("@")
        if at and name.kind in _WITH_REGION:
            yield Target(name.kind, path)
        if name.kind == "pod" and path.count("/") > 1:
            yield Target("pod", "/".join(path.split("/")[:2]) + name.name[len(path) :])


def look_alike(mine: Identity, theirs: Identity) -> bool:
    """`db1` and `db1.example.com` are taken for one machine, unless the operator gave them two addresses."""
    if any(_is_short_for(a, b) for a in _machine_names(mine) for b in _machine_names(theirs)):
        own, other = _declared_addresses(mine), _declared_addresses(theirs)
        return not (own and other and not own & other)
    return False


def _is_short_for(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _machine_names(identity: Identity) -> set[str]:
    return {
        name.name.partition("@")[0]
        for name in identity.all_names
        if name.kind in ("host", "node") and not is_address(name)
    }


def _hosts(identity: Identity) -> set[Target]:
    """The names of a host that its operator gave it; what a cloud made up says nothing about which host it is not."""
    own = {identity.target, *identity.declared}
    return {name for name in own if name.kind == "host" and not is_address(name)}


def _instances(identity: Identity) -> set[Target]:
    return {name for name in identity.all_names if name.kind == "instance"}


def _nodes(identity: Identity) -> set[Target]:
    return {name for name in identity.all_names if name.kind == "node"}


def _addresses(identity: Identity) -> set[Target]:
    return {name for name in identity.all_names if is_address(name)}


def _declared_addresses(identity: Identity) -> set[Target]:
    return {name for name in identity.declared if is_address(name)}


def _comparable_addresses(mine: Identity, theirs: Identity) -> _Names:
    """Two addresses tell two machines apart where both are what is asked about, or where one side's are all it has."""
    listed = any(each.target.kind in ("instance", "node") for each in (mine, theirs))
    return _addresses if listed or is_address(theirs.target) else lambda identity: set()


_Names = Callable[[Identity], set[Target]]
