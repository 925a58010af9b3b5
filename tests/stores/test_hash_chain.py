"""The journal's hash chain: whoever changes, drops, inserts or reorders entries is found out."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.events import Noted
from remediator.ports.chains import ChainHead, ChainLook
from remediator.stores.hash_chain import GENESIS, Link, chained_hash, follow, verify_chain
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT, a_run


def a_chain(length: int, run_id: str = "run_1") -> list[Link]:
    links, previous = [], GENESIS
    for seq in range(1, length + 1):
        entry = {"run_id": run_id, "seq": seq, "at": MOMENT, "document": f'{{"n":{seq}}}'}
        previous = chained_hash(previous, **entry)
        links.append(Link(**entry, hash=previous))
    return links


def rehashed(link: Link, previous: str) -> Link:
    entry = {"run_id": link.run_id, "seq": link.seq, "at": link.at, "document": link.document}
    return Link(**entry, hash=chained_hash(previous, **entry))


@pytest.mark.parametrize("length", [0, 1, 5])
def test_an_untouched_chain_verifies(length: int):
    assert verify_chain(a_chain(length)) is None


CHAIN = a_chain(5)
TAMPERED = {
    "document": (3, [*CHAIN[:2], replace(CHAIN[2], document="{}"), *CHAIN[3:]]),
    "time": (3, [*CHAIN[:2], replace(CHAIN[2], at=MOMENT + timedelta(0, 0, 1)), *CHAIN[3:]]),
    "run": (3, [*CHAIN[:2], replace(CHAIN[2], run_id="run_2"), *CHAIN[3:]]),
    "hash": (5, [*CHAIN[:4], replace(CHAIN[4], hash="0" * 64)]),
    "left out": (3, [*CHAIN[:2], *CHAIN[3:]]),
    "first left out": (1, CHAIN[1:]),
    "swapped": (2, [CHAIN[0], CHAIN[2], CHAIN[1], *CHAIN[3:]]),
    "doubled": (3, [*CHAIN[:2], CHAIN[1], *CHAIN[2:]]),
    "from another run": (1, a_chain(3, "run_2")[1:]),
    "changed and hashed again": (
        4,
        [*CHAIN[:2], rehashed(replace(CHAIN[2], document="{}"), CHAIN[1].hash), *CHAIN[3:]],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_at_its_place(what: str):
    seq, links = TAMPERED[what]

    assert verify_chain(links) == seq


async def test_a_stored_journal_verifies_until_somebody_edits_the_file(tmp_path):
    store = await open_store(sqlite_url(tmp_path))
    await store.submit(lambda tx: tx.insert_run(a_run(), MOMENT))
    for text in ("one", "two", "three"):
        await store.submit(lambda tx, text=text: tx.append("run_1", MOMENT, [Noted(text=text)]))
    assert verify_chain(await store.read(lambda reader: reader.links("run_1"))) is None

    editor = sqlite3.connect(tmp_path / "remediator.sqlite3")
    with editor:
        editor.execute("UPDATE event SET document = replace(document, 'two', 'too')")
    editor.close()

    assert verify_chain(await store.read(lambda reader: reader.links("run_1"))) == 2
    await store.close()


def rejoined(chains: list[Link], share: int) -> ChainLook:
    """Follow a list of entries share by share, as housekeeping does."""
    whole = ChainLook(head=ChainHead())
    for start in range(0, len(chains), share):
        whole = whole.joined(follow(whole.head, chains[start : start + share]))
    return whole


SEVERAL = [*a_chain(3, "run_1"), *a_chain(4, "run_2"), *a_chain(1, "run_3")]


@pytest.mark.parametrize("share", [1, 2, 3, 100])
def test_many_chains_are_followed_in_shares_of_any_size(share: int):
    whole = rejoined(SEVERAL, share)

    assert (whole.runs, whole.entries, whole.breaks) == (3, 8, ())
    assert whole.head == ChainHead(run_id="run_3", seq=1, hash=SEVERAL[-1].hash)


@pytest.mark.parametrize("share", [1, 2, 3, 100])
def test_a_broken_run_is_named_once_and_the_others_are_followed_on(share: int):
    forged = [replace(each, document="{}") if each.run_id == "run_2" else each for each in SEVERAL]

    whole = rejoined([*forged[:-1], replace(forged[-1], hash="0" * 64)], share)

    assert [(each.run_id, each.seq) for each in whole.breaks] == [("run_2", 1), ("run_3", 1)]
