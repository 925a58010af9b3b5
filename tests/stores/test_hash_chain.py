"""The journal's hash chain: whoever changes, drops, inserts or reorders entries is found out."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.events import Noted
from remediator.stores.hash_chain import GENESIS, Link, chained_hash, verify_chain
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
