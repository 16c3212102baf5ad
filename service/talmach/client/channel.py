"""The client's end of a connection: which of several servers, retries, limits, encryption, proxies."""

import json
from dataclasses import dataclass, field
from typing import Any

import grpc

from talmach.client.address import Target

# The only code that means "nothing was done yet; the same call may succeed elsewhere or a little later".
_RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": f"talmach.v1.{name}Service"} for name in ("Translation", "Summarization", "Info")],
            "retryPolicy": {
                # 0.5 + 1 + 2 + 4 s: as long as a server takes to start again. More attempts grpc does not allow.
                "maxAttempts": 5,
                "initialBackoff": "0.5s",
                "maxBackoff": "4s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
# Eight times what a server takes unless told otherwise. A call with more than this to send again is not tried again;
# grpc's default is 256 KiB.
_RETRY_BUFFER_BYTES = 64 << 20
# In turn, skipping those that say that they do not serve: gRPC watches the health of each.
_BALANCE = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "talmach.v1.TranslationService"},
}


@dataclass(frozen=True, slots=True)
class Tls:
    """How to encrypt: content of PEM files."""

    ca_pem: bytes | None = (
        None  # of the authority that signs the server's certificate; None = the roots that come with gRPC
    )
    cert_pem: bytes | None = None  # of this client, for a server that asks for one
    key_pem: bytes | None = field(default=None, repr=False)
    server_name: str = ""  # in the server's certificate; empty = the host of the address


def open_channel(target: Target, tls: Tls | None) -> grpc.Channel:
    """Return a channel, in plaintext when `tls` is None."""
    if tls is None:
        return grpc.insecure_channel(target.address, options=_options(target, tls))
    return grpc.secure_channel(target.address, _credentials(tls), options=_options(target, tls))


def open_async_channel(target: Target, tls: Tls | None) -> grpc.aio.Channel:
    """Return a channel for the running event loop, in plaintext when `tls` is None."""
    if tls is None:
        return grpc.aio.insecure_channel(target.address, options=_options(target, tls))
    return grpc.aio.secure_channel(target.address, _credentials(tls), options=_options(target, tls))


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(tls.ca_pem, tls.key_pem, tls.cert_pem)


def _options(target: Target, tls: Tls | None) -> list[tuple[str, Any]]:
    # A lone server is asked even when it says that it does not serve: its refusals give reasons.
    config = _RETRIES if target.is_one_server else _RETRIES | _BALANCE
    options = [
        ("grpc.service_config", json.dumps(config)),
        # What the server may send is the server's limit; grpc's default of 4 MiB is below it.
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        ("grpc.per_rpc_retry_buffer_size", _RETRY_BUFFER_BYTES),
        # A server that has just started should be found soon; by default grpc looks again after up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.enable_http_proxy", int(bool(target.proxy))),
    ]
    if tls is not None and tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return options
