"""`talmach serve`: the server in the foreground, until SIGTERM or SIGINT."""

import asyncio

from talmach.cli.options import Address
from talmach.config import Settings, load_settings
from talmach.log import configure_logging


def serve(address: Address = None) -> None:
    """Serve gRPC until SIGTERM or SIGINT, then finish what is in flight; settings are TALMACH_* variables."""
    settings = load_settings(**({} if address is None else {"address": address}))
    configure_logging(settings.log_level, settings.log_format)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from talmach.app import Application  # noqa: PLC0415  # loads the engine: not for commands that do without

    async with Application(settings) as application:
        await application.run_until_signal()
