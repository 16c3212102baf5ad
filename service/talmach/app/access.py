"""Who may connect, and how: the clients and the certificates that the settings name."""

from talmach.access.clients import ClientRegistry
from talmach.config import Settings
from talmach.metrics import Metrics
from talmach.rpc.tls import ServerTls


def load_clients(settings: Settings, metrics: Metrics) -> ClientRegistry | None:
    """Return the clients that are let in, None = everybody; raises UnusableFile."""
    return ClientRegistry(settings.clients_file, metrics) if settings.clients_file else None


def load_tls(settings: Settings) -> ServerTls | None:
    """Return what the server encrypts with, None = nothing; raises UnusableFile."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    return ServerTls(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
