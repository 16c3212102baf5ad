"""`talmach serve`: the server in the foreground, until SIGTERM or SIGINT."""

import asyncio

from talmach.cli.failures import CommandFailed
from talmach.cli.options import Address
from talmach.cli.session import running
from talmach.config import Settings, load_settings
from talmach.log import configure_logging


def serve(address: Address = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight. Settings are TALMACH_* variables."""
    settings = load_settings(**({} if address is None else {"address": address}))
    configure_logging(settings.log_level, settings.log_format)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with running(settings) as application:
        if not await application.run_until_signal():
            raise CommandFailed(f"calls were cut off that did not finish in {settings.drain_timeout_s:g} s")
