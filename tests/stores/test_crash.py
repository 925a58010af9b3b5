"""Promise 1 of durability.md: what was confirmed is there, whatever is killed and whenever; both halves of it."""

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Listing, Store
from remediator.stores.store import open_store, sqlite_url
from tests.parts.loopfs import LoopFs
from tests.parts.require import require

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

ROOT = Path(__file__).parents[2]


@contextmanager
def hammer(url: str, prefix: str):
    argv = [sys.executable, "-m", "tests.stores.hammer", url, prefix]
    child = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "open\n"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


async def stored(store: Store) -> tuple[set[str], set[str]]:
    async def ids(listed, prefix):
        found, cursor = set(), None
        while True:
            listing = Listing(limit=1000, before=cursor)
            page = await store.read(lambda reader, listing=listing: listed(reader)(listing))
            found |= {item.id.removeprefix(prefix) for item in page.items}
            if (cursor := page.next) is None:
                return found

    return (
        await ids(lambda reader: reader.notifications, "ntf_"),
        await ids(lambda reader: reader.decisions, "dec_"),
    )


async def test_what_was_confirmed_survives_a_kill(url: str):
    confirmed: set[str] = set()
    for prefix, strikes in (("a", 40), ("b", 150), ("c", 333)):
        with hammer(url, prefix) as child:
            seen = [child.stdout.readline() for _ in range(strikes)]
            child.kill()
            rest, _ = child.communicate()
            # The last line may have been cut by the kill; then nobody was told.
            lines = "".join(seen) + rest
            confirmed |= set(lines[: lines.rfind("\n")].split("\n"))

    store = await open_store(url)
    notifications, decisions = await stored(store)
    await store.close()

    assert len(confirmed) >= 40 + 150 + 333
    assert confirmed <= notifications
    assert notifications == decisions


async def test_a_second_process_is_refused_with_the_first_ones_number(tmp_path):
    url = sqlite_url(tmp_path)
    with (
        hammer(url, "a") as child,
        pytest.raises(StoreUnavailable, match=f"in use by another.*{child.pid}"),
    ):
        await open_store(url)

    store = await open_store(url)
    with pytest.raises(StoreUnavailable, match="in use"):
        await open_store(url)
    await store.close()


@pytest.mark.slow
async def test_a_full_disk_is_reported_and_overcome(tmp_path):
    from remediator.testing.builders import a_notification

    require("mkfs.ext4", root=True)
    with LoopFs(16) as disk:
        store = await open_store(sqlite_url(disk.path / "state"))
        disk.fill(80)
        confirmed, refused = set(), 0

        async def accept(number: int) -> None:
            nonlocal refused
            wanted = a_notification(id=f"ntf_{number}", body=b"x" * 50_000)
            try:
                await store.submit(lambda tx: tx.accept(wanted))
            except StoreUnavailable:
                refused += 1
            else:
                confirmed.add(str(number))

        for start in range(0, 200, 20):
            await asyncio.gather(*(accept(number) for number in range(start, start + 20)))
        assert refused > 20
        assert confirmed

        disk.fill(0)
        await accept(999)
        assert "999" in confirmed
        await store.close()

        store = await open_store(sqlite_url(disk.path / "state"))
        notifications, _ = await stored(store)
        await store.close()
        assert notifications == confirmed
