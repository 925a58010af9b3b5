"""From settings to a running daemon. The only room that knows every concrete class; `cli` starts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remediator.ports.chains import Chains


def serve(*, config_file: Path | None, listen: str | None, log_level: str, log_format: str) -> int:
    """Run the daemon until SIGTERM or SIGINT; return its exit code. Raise InvalidSettings or InvalidPlaybook."""
    from remediator.app.daemon import run_daemon

    return run_daemon(
        config_file=config_file, listen=listen, log_level=log_level, log_format=log_format
    )


def demo() -> int:
    """Tell the whole story in the terminal, on a simulated host; return an exit code."""
    from remediator.app.demo import run_demo

    return run_demo()


def upgrade_database(config_file: Path | None) -> str:
    """Bring the store that the settings name to this program's schema; return where it is. Raise InputError."""
    import asyncio

    from remediator.stores.store import upgrade

    url, password = _store_of(config_file)
    asyncio.run(upgrade(url, password=password))
    return url


def check_database(config_file: Path | None) -> Chains:
    """Follow all journals of the store that the settings name, reading only; return what was found over all. Raise
    InputError or StoreUnavailable."""
    import asyncio

    from remediator.ports.chains import Chains
    from remediator.stores.chain_check import follow_all

    url, password = _store_of(config_file)

    async def follow() -> Chains:
        whole = Chains()
        async for look in follow_all(url, password=password):
            whole = whole.joined(look)
        return whole

    return asyncio.run(follow())


def _store_of(config_file: Path | None) -> tuple[str, Callable[[], str] | None]:
    from remediator.app.daemon import store_url
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings

    settings = load_settings(config_file, find_catalog()).checked()
    password = settings.store.password if settings.store else None
    return store_url(settings), password.reveal if password else None
