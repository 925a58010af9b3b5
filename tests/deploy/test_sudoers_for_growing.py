"""The shipped sudoers file is enough to grow a file system, by real sudo behind a real sshd."""

from pathlib import Path

import pytest

from remediator.core.events import Observation
from remediator.integrations.hosts.actions.filesystem.grow import ACTIONS
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.deploy.shipped import sudoers_for
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.growing_disk import GrowingDisk
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow


async def test_an_account_with_the_shipped_file_grows_a_partition_and_its_xfs() -> None:
    require("growpart", "sfdisk", "mkfs.xfs", "losetup", "sudo", "visudo", root=True)
    with GrowingDisk("xfs", partitioned=True) as disk, Sshd(sudo=True) as sshd:
        installed = Path("/etc/sudoers.d") / sshd.user  # removed with the account
        installed.write_text(sudoers_for(sshd.user))
        disk.enlarge(600)
        before = disk.size()
        async with shell_for(settings_for(sshd, "receipts", sudo=True)) as shell:
            case = ActionCase(
                action=ACTIONS[0],
                request=request(ACTIONS[0], path=str(disk.path)),
                reads=reads_of(looker=shell),
                writes=writes_of(shell=shell),
                state=disk.size,
            )
            change, ticket = await case.change(), case.ticket()
            await case.applier().apply(change, ticket)
            sight = await case.proposer().observe(change, ticket)

    assert sight.observation is Observation.APPLIED
    assert sight.measure.facts["grown_to"] > before + 190 * 2**20
