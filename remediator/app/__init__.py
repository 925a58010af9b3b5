"""From settings to a running daemon. The only room that knows every concrete class; `cli` starts it."""

from __future__ import annotations

from pathlib import Path


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

    from remediator.app.daemon import store_url
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings
    from remediator.stores.store import upgrade

    settings = load_settings(config_file, find_catalog()).checked()
    password = settings.store.password if settings.store else None
    url = store_url(settings)
    asyncio.run(upgrade(url, password=password.reveal if password else None))
    return url
