"""A process to be killed: submits pairs of rows as fast as it can and prints the name of each confirmed pair."""

import asyncio
import itertools
import sys

from remediator.stores.store import open_store
from remediator.testing.builders import a_decision, a_notification


async def hammer(url: str, prefix: str) -> None:
    store = await open_store(url)
    numbers = itertools.count()
    print("open", flush=True)

    async def strike() -> None:
        for number in numbers:
            name = f"{prefix}{number}"

            def closure(tx, name=name) -> None:
                tx.accept(a_notification(id=f"ntf_{name}", body=b"x" * 500))
                tx.decide(a_decision(id=f"dec_{name}", notification=f"ntf_{name}"))

            await store.submit(closure)
            print(name, flush=True)

    await asyncio.gather(*(strike() for _ in range(32)))


if __name__ == "__main__":
    asyncio.run(hammer(sys.argv[1], sys.argv[2]))
