"""The store's contract: notifications, episodes, decisions and playbook versions."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.alert import AlertStatus
from remediator.core.errors import StoreError
from remediator.ports.store import Listing, Store
from remediator.testing.builders import MOMENT, a_decision, a_notification, an_alert, an_episode

SECOND = timedelta(seconds=1)


async def accept(store: Store, *notifications):
    await asyncio.gather(*(store.submit(lambda tx, n=n: tx.accept(n)) for n in notifications))


async def test_a_body_is_kept_byte_by_byte(store: Store):
    body = bytes(range(256)) * 100
    await accept(store, a_notification(body=body))

    kept = await store.read(lambda reader: reader.notification("ntf_1"))

    assert kept == a_notification(body=body)
    assert await store.read(lambda reader: reader.notification("ntf_2")) is None


async def test_new_notifications_are_taken_newest_first(store: Store):
    await accept(
        store,
        *(a_notification(id=f"ntf_{n}", received_at=MOMENT + n * SECOND) for n in range(4)),
        a_notification(id="ntf_bad", state="bad", error="not JSON"),
    )

    taken = await store.submit(lambda tx: tx.take_notifications(3))

    assert [notification.id for notification in taken] == ["ntf_3", "ntf_2", "ntf_1"]


async def test_a_finished_notification_is_not_taken_again(store: Store):
    await accept(store, a_notification(), a_notification(id="ntf_2"))

    await store.submit(lambda tx: tx.finish_notification("ntf_1"))
    await store.submit(lambda tx: tx.finish_notification("ntf_2", "no alerts \0 \ud800 in it"))

    assert await store.submit(lambda tx: tx.take_notifications(10)) == ()
    done, bad = await store.read(lambda r: (r.notification("ntf_1"), r.notification("ntf_2")))
    assert (done.state, done.error) == ("done", "")
    assert (bad.state, bad.error) == ("bad", "no alerts \N{REPLACEMENT CHARACTER} ? in it")


async def test_only_a_new_notification_can_be_locked(store: Store):
    await accept(store, a_notification(), a_notification(id="ntf_2"))
    await store.submit(lambda tx: tx.finish_notification("ntf_1"))

    for known, is_new in (("ntf_1", False), ("ntf_2", True), ("ntf_3", False)):
        assert await store.submit(lambda tx, k=known: tx.lock_notification(k)) is is_new


async def test_one_id_is_accepted_once(store: Store):
    await accept(store, a_notification())

    with pytest.raises(StoreError):
        await accept(store, a_notification(body=b"other"))

    kept = await store.read(lambda reader: reader.notification("ntf_1"))
    assert kept.body == a_notification().body


async def test_notifications_are_listed_by_state(store: Store):
    await accept(store, a_notification(), a_notification(id="ntf_2", state="bad", error="x"))

    page = await store.read(lambda r: r.notifications(Listing(filters={"state": "bad"})))

    assert [notification.id for notification in page.items] == ["ntf_2"]


@pytest.mark.slow
async def test_replicas_do_not_take_one_notification_within_overlapping_transactions(postgres):
    from remediator.stores.store import open_store

    url = postgres.new_database()
    first, second = await open_store(url), await open_store(url)
    await accept(first, *(a_notification(id=f"ntf_{n:03}") for n in range(100)))

    def take(tx):
        taken = tx.take_notifications(3)
        for notification in taken:
            tx.finish_notification(notification.id)
        return [notification.id for notification in taken]

    takes = (store.submit(take) for _ in range(20) for store in (first, second))
    taken = [i for ids in await asyncio.gather(*takes) for i in ids]

    assert len(taken) == len(set(taken))
    await asyncio.gather(first.close(), second.close())


async def test_an_episode_is_updated_and_closed(store: Store):
    episode = an_episode()
    await store.submit(lambda tx: tx.save_episode(episode))
    assert (
        await store.read(lambda r: r.open_episode("alertmanager", episode.fingerprint)) == episode
    )

    ended = replace(
        episode,
        alert=an_alert(status=AlertStatus.RESOLVED, ends_at=MOMENT),
        status=AlertStatus.RESOLVED,
        seen_at=MOMENT + SECOND,
        closed_at=MOMENT + SECOND,
    )
    await store.submit(lambda tx: tx.save_episode(ended))

    assert await store.read(lambda r: r.episode("eps_1")) == ended
    assert await store.read(lambda r: r.open_episode("alertmanager", episode.fingerprint)) is None


async def test_a_second_open_episode_of_an_alert_is_refused(store: Store):
    await store.submit(lambda tx: tx.save_episode(an_episode()))

    with pytest.raises(StoreError):
        await store.submit(lambda tx: tx.save_episode(an_episode(id="eps_2")))

    await store.submit(lambda tx: tx.save_episode(an_episode(id="eps_3", source="other")))
    await store.submit(lambda tx: tx.save_episode(an_episode(id="eps_4", closed_at=MOMENT)))
    assert await store.read(lambda r: r.episode("eps_2")) is None


async def test_racing_first_notices_open_one_episode(store: Store):
    def open_if_new(number):
        def closure(tx):
            found = tx.open_episode("alertmanager", an_alert().fingerprint)
            if found is None:
                tx.save_episode(an_episode(id=f"eps_{number}"))

        return closure

    await asyncio.gather(*(store.submit(open_if_new(number)) for number in range(50)))

    opened = [await store.read(lambda r, n=n: r.episode(f"eps_{n}")) for n in range(50)]
    assert sum(episode is not None for episode in opened) == 1


async def test_open_episodes_that_nobody_names_are_stale(store: Store):
    for n in range(4):
        episode = an_episode(id=f"eps_{n}", fingerprint=f"f{n}", seen_at=MOMENT + n * SECOND)
        await store.submit(lambda tx, episode=episode: tx.save_episode(episode))
    closed = an_episode(id="eps_9", fingerprint="f9", seen_at=MOMENT - SECOND, closed_at=MOMENT)
    await store.submit(lambda tx: tx.save_episode(closed))

    stale = await store.submit(lambda tx: tx.stale_episodes(MOMENT + 3 * SECOND, 2))

    assert [episode.id for episode in stale] == ["eps_0", "eps_1"]


async def test_decisions_are_listed_by_alert_and_run(store: Store):
    decisions = [
        a_decision(id="dec_1"),
        a_decision(id="dec_2", at=MOMENT + SECOND, decision="skipped", by="cooldown"),
        a_decision(id="dec_3", fingerprint="other", run_id="run_1"),
    ]
    await store.submit(lambda tx: [tx.decide(decision) for decision in decisions])

    async def listed(**filters):
        page = await store.read(lambda r: r.decisions(Listing(filters=filters)))
        return page.items

    assert await listed(fingerprint=an_alert().fingerprint) == (decisions[1], decisions[0])
    assert await listed(run_id="run_1") == (decisions[2],)
    assert await listed(decision="skipped") == (decisions[1],)


async def test_a_decision_is_new_once_and_alerts_without_a_run_are_counted_each_once(store: Store):
    made = [
        a_decision(id=f"dec_{n}", fingerprint=f"f{n % 3}", by="target", at=MOMENT + n * SECOND)
        for n in range(6)
    ]
    made += [a_decision(id="dec_a", by="label"), a_decision(id="dec_b", by="target", playbook="x")]

    first = await store.submit(lambda tx: [tx.decide(decision) for decision in made])
    again = await store.submit(lambda tx: [tx.decide(decision) for decision in made])
    count = await store.read(lambda r: r.refused_alerts("disk-space-low", "target", MOMENT))
    late = await store.read(
        lambda r: r.refused_alerts("disk-space-low", "target", MOMENT + 4 * SECOND)
    )

    assert (set(first), set(again)) == ({True}, {False})
    assert (count, late) == (3, 1)


async def test_a_playbook_version_is_kept_as_it_first_was(store: Store):
    await store.submit(lambda tx: tx.keep_playbook("d1", "disk", '{"a":1}', MOMENT))
    await store.submit(lambda tx: tx.keep_playbook("d1", "disk", '{"a":2}', MOMENT))

    assert await store.read(lambda r: r.playbook_document("d1")) == '{"a":1}'
    assert await store.read(lambda r: r.playbook_document("d2")) is None
