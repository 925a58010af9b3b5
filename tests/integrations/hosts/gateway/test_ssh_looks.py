"""Looking at hosts over a real sshd: trust, time limits, floods, and connections that die."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Permanent, Transient
from remediator.core.target import Target
from remediator.documents.secret import Secret
from remediator.integrations.hosts.gateway.connect import Reach
from remediator.integrations.hosts.gateway.pool import Pool
from remediator.integrations.hosts.gateway.shell import SshLooker, SshShell
from remediator.integrations.hosts.gateway.trust import known_hosts_problem
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.section import SshSettings
from remediator.integrations.shell.api import OUTPUT_LIMIT
from tests.integrations.hosts.ssh_parts import WEB1, open_directory, settings_for, shell_for
from tests.parts.require import require
from tests.parts.server import free_port
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
LIMIT = timedelta(seconds=60)


@pytest.fixture
async def shell(sshd: Sshd, tmp_path: Path) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(sshd, str(tmp_path / "receipts"))) as one:
        yield one


@pytest.fixture
def own_sshd() -> Iterator[Sshd]:
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as part:
        yield part


@asynccontextmanager
async def looker_with(sshd: Sshd, **more: object) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(sshd, "/nowhere", **more)) as one:
        yield one


def sessions_of(sshd: Sshd) -> int:
    done = subprocess.run(
        ["pgrep", "-P", str(sshd.pid), "-c"], capture_output=True, text=True, check=False
    )
    return int(done.stdout)


async def test_a_look_brings_back_both_streams_and_the_exit_code(shell: SshShell) -> None:
    words = ["sh", "-c", "echo out; echo err >&2; exit 7"]
    output = await shell.look(WEB1, words, timeout=LIMIT)

    assert (output.exit_code, output.stdout, output.stderr) == (7, "out\n", "err\n")
    assert not output.truncated


async def test_standard_input_is_closed(shell: SshShell) -> None:
    assert (await shell.look(WEB1, ["cat"], timeout=LIMIT)).stdout == ""


async def test_text_that_is_not_utf8_comes_with_replacements(shell: SshShell) -> None:
    output = await shell.look(WEB1, ["printf", r"a\377b"], timeout=LIMIT)

    assert output.stdout == "a\ufffdb"


async def test_a_host_with_another_key_is_never_talked_to(
    sshd: Sshd, own_sshd: Sshd, tmp_path: Path
) -> None:
    known_hosts = tmp_path / "known_hosts"
    text = sshd.known_hosts_path.read_text()
    known_hosts.write_text(text.replace(str(sshd.port), str(own_sshd.port)))
    async with looker_with(own_sshd, known_hosts=known_hosts) as looker:
        with pytest.raises(Permanent, match=r"host key of web1 .*known_hosts .*ssh-keyscan"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)


async def test_a_host_that_is_not_in_known_hosts_is_not_trusted_on_first_use(
    sshd: Sshd, tmp_path: Path
) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(
        "other.example.com " + sshd.known_hosts_path.read_text().split(" ", 1)[1]
    )
    before = known_hosts.read_bytes()
    async with looker_with(sshd, known_hosts=known_hosts) as looker:
        with pytest.raises(Permanent, match="host key"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)

    assert known_hosts.read_bytes() == before


async def test_a_host_key_may_be_known_by_the_name_of_the_target(
    sshd: Sshd, tmp_path: Path
) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text("web1 " + sshd.known_hosts_path.read_text().split(" ", 1)[1])
    async with looker_with(sshd, known_hosts=known_hosts) as looker:
        assert (await looker.look(WEB1, ["true"], timeout=LIMIT)).ok


@pytest.mark.parametrize("text", [None, "", "# nothing\n\n"])
async def test_a_missing_or_empty_known_hosts_says_how_to_fill_it(
    sshd: Sshd, tmp_path: Path, text: str | None
) -> None:
    known_hosts = tmp_path / "known_hosts"
    if text is not None:
        known_hosts.write_text(text)
    async with looker_with(sshd, known_hosts=known_hosts) as looker:
        with pytest.raises(Permanent, match=rf"{known_hosts}.*ssh-keyscan"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)
    assert str(known_hosts) in (known_hosts_problem(known_hosts) or "")


@pytest.mark.parametrize("key", ["private_key_file", "config_file", "certificate_file"])
async def test_a_missing_file_of_the_settings_is_named(sshd: Sshd, key: str) -> None:
    async with looker_with(sshd, **{key: Path("/no/such/file")}) as looker:
        with pytest.raises(Permanent, match="/no/such/file"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)


async def test_a_broken_key_is_a_mistake_in_the_settings(sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("no key")
    async with looker_with(sshd, private_key_file=key) as looker:
        with pytest.raises(Permanent, match="SSH settings"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)


async def test_a_login_that_is_refused_started_nothing(sshd: Sshd, own_sshd: Sshd) -> None:
    strange = own_sshd.private_key_path
    async with looker_with(sshd, private_key_file=strange) as looker:
        with pytest.raises(Transient, match="refused our login"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)


async def test_a_host_that_is_down_started_nothing(sshd: Sshd) -> None:
    async with looker_with(
        sshd, addresses={"web1": HostAddress("127.0.0.1", free_port())}
    ) as looker:
        with pytest.raises(Transient, match="could not be reached"):
            await looker.look(WEB1, ["true"], timeout=LIMIT)


async def test_an_openssh_config_file_leads_to_the_host(sshd: Sshd, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(
        f"Host web9\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n"
        f"  IdentityFile {sshd.private_key_path}\n"
    )
    settings = Reach(ssh=SshSettings(known_hosts=sshd.known_hosts_path, config_file=config))
    async with shell_for(settings) as looker:
        output = await looker.look(Target("host", "web9"), ["id", "-un"], timeout=LIMIT)

    assert output.stdout.strip() == sshd.user


async def test_a_key_with_a_passphrase_opens_with_it_and_with_no_other(
    sshd: Sshd, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(sshd.private_key_path.read_bytes())
    key.chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a secret", "-f", str(key)]
    subprocess.run(change, check=True, stdout=subprocess.DEVNULL)

    async with looker_with(sshd, private_key_file=key, passphrase=Secret("a secret")) as one:
        assert (await one.look(WEB1, ["true"], timeout=LIMIT)).ok
    for wrong in (None, "another secret"):
        async with looker_with(
            sshd, private_key_file=key, passphrase=wrong and Secret(wrong)
        ) as one:
            with pytest.raises(Permanent, match="SSH settings") as refusal:
                await one.look(WEB1, ["true"], timeout=LIMIT)
        assert "secret" not in str(refusal.value)


def test_a_passphrase_does_not_show_itself() -> None:
    assert "a secret" not in repr(
        SshSettings().model_copy(update={"passphrase": Secret("a secret")})
    )


async def test_an_address_may_have_a_user_of_its_own(sshd: Sshd) -> None:
    address = HostAddress(sshd.host, sshd.port, sshd.user)
    async with looker_with(sshd, user="somebody-else", addresses={"web1": address}) as one:
        output = await one.look(WEB1, ["id", "-un"], timeout=LIMIT)

    assert output.stdout.strip() == sshd.user


async def test_no_agent_is_forwarded() -> None:
    require("sshd", "ssh-keygen", root=True)
    with open_directory() as directory:
        config, socket = directory / "ssh_config", directory / "agent"
        environment, login_shell = directory / "environment", directory / "login"
        config.write_text(
            f"Host *\n  ForwardAgent yes\n  ForwardX11 yes\n  IdentityAgent {socket}\n"
        )
        login_shell.write_text(f'#!/bin/sh\nenv >{environment}\nexec /bin/sh "$@"\n')
        login_shell.chmod(0o755)
        words = ["ssh-agent", "-D", "-a", str(socket)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as agent:
            with Sshd(login_shell=str(login_shell)) as sshd:
                async with looker_with(sshd, config_file=config) as looker:
                    await looker.look(WEB1, ["true"], timeout=LIMIT)
            agent.terminate()
        seen = environment.read_text()

    assert "SSH_CONNECTION" in seen
    assert "SSH_AUTH_SOCK" not in seen
    assert "DISPLAY" not in seen


async def test_an_output_without_end_is_capped_and_its_command_ended(shell: SshShell) -> None:
    output = await shell.look(WEB1, ["cat", "/dev/zero"], timeout=LIMIT)

    assert output.truncated
    assert len(output.stdout) < 2 * OUTPUT_LIMIT
    assert not output.ok


async def test_head_and_tail_of_a_long_output_are_kept(shell: SshShell) -> None:
    output = await shell.look(WEB1, ["seq", "200000"], timeout=LIMIT)

    assert output.ok
    assert output.truncated
    assert output.stdout.startswith("1\n2\n")
    assert output.stdout.endswith("\n199999\n200000\n")
    assert "bytes left out" in output.stdout


async def test_an_endless_command_is_killed_on_the_host(shell: SshShell, tmp_path: Path) -> None:
    mark = f"30.{time.time_ns()}"
    with pytest.raises(Transient, match="did not end within 1 s"):
        await shell.look(WEB1, ["sleep", mark], timeout=timedelta(seconds=1))

    done = subprocess.run(["pgrep", "-f", f"^sleep {mark}"], capture_output=True, check=False)
    assert done.stdout == b""


async def test_a_command_that_ignores_the_polite_end_is_killed_all_the_same(
    shell: SshShell,
) -> None:
    words = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]

    with pytest.raises(Transient, match="did not end within 1 s"):  # said by the host, not by us
        await shell.look(WEB1, words, timeout=timedelta(seconds=1))


async def test_sessions_share_one_connection(own_sshd: Sshd) -> None:
    async with looker_with(own_sshd) as looker:
        looks = [looker.look(WEB1, ["sleep", "0.3"], timeout=LIMIT) for _ in range(12)]
        watched = asyncio.gather(*looks)
        most = 0
        while not watched.done():
            most = max(most, sessions_of(own_sshd))
            await asyncio.sleep(0.05)

        assert all(output.ok for output in await watched)
        assert most == 1


async def test_an_unused_connection_is_closed_after_a_while(own_sshd: Sshd) -> None:
    settings = settings_for(own_sshd, "/nowhere")
    looker = SshLooker(settings, Pool(settings, idle=timedelta(milliseconds=200)))
    await looker.look(WEB1, ["true"], timeout=LIMIT)
    assert sessions_of(own_sshd) == 1

    for _ in range(600):
        await asyncio.sleep(0.1)
        if not sessions_of(own_sshd):
            break

    assert sessions_of(own_sshd) == 0
    assert (await looker.look(WEB1, ["true"], timeout=LIMIT)).ok
    await looker.close()


async def test_a_connection_that_died_unused_is_replaced(own_sshd: Sshd) -> None:
    async with looker_with(own_sshd) as looker:
        await looker.look(WEB1, ["true"], timeout=LIMIT)
        own_sshd.cut()

        assert (await looker.look(WEB1, ["true"], timeout=LIMIT)).ok


async def test_a_look_over_a_cut_connection_may_be_repeated(own_sshd: Sshd) -> None:
    async with looker_with(own_sshd) as looker:
        look = asyncio.create_task(looker.look(WEB1, ["sleep", "5"], timeout=LIMIT))
        await asyncio.sleep(1)
        own_sshd.cut()

        with pytest.raises(Transient, match="lost"):
            await look


async def test_a_cancelled_look_ends_at_once_and_leaves_the_connection(shell: SshShell) -> None:
    look = asyncio.create_task(shell.look(WEB1, ["sleep", "8"], timeout=LIMIT))
    await asyncio.sleep(0.5)
    look.cancel()

    with pytest.raises(asyncio.CancelledError):
        await look
    assert (await shell.look(WEB1, ["true"], timeout=LIMIT)).ok


async def test_only_commands_that_ask_for_it_run_under_sudo() -> None:
    require("sshd", "sudo", root=True)
    with Sshd(sudo=True) as sshd:
        async with shell_for(settings_for(sshd, "/nowhere", sudo=True)) as looker:
            plain = await looker.look(WEB1, ["id", "-un"], timeout=LIMIT)
            raised = await looker.look(WEB1, ["id", "-un"], timeout=LIMIT, sudo=True)
        settings = settings_for(sshd, "/nowhere", sudo=False)
        async with shell_for(settings) as looker:
            never = await looker.look(WEB1, ["id", "-un"], timeout=LIMIT, sudo=True)

    assert plain.stdout.strip() == never.stdout.strip() == sshd.user
    assert raised.stdout.strip() == "root"
