"""The client's end of a connection: retries, limits, encryption."""

import json
from dataclasses import dataclass, field

import grpc

# The only code that says "the same call may succeed elsewhere or a little later, and nothing was done yet".
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
_OPTIONS = [
    ("grpc.service_config", json.dumps(_RETRIES)),
    # What the server may send is the server's limit; grpc's default of 4 MiB is below it.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that has just started should be found soon; by default grpc looks again after up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


@dataclass(frozen=True, slots=True)
class Tls:
    """How to encrypt: content of PEM files."""

    ca_pem: bytes | None = None  # who signs the server's certificate; None = the roots that come with gRPC
    cert_pem: bytes | None = None  # of this client, for a server that asks for one
    key_pem: bytes | None = field(default=None, repr=False)
    server_name: str = ""  # in the server's certificate; empty = the host of the address


def open_channel(address: str, tls: Tls | None = None) -> grpc.aio.Channel:
    """Return a channel to HOST:PORT, in plaintext when `tls` is None; needs a running event loop."""
    if tls is None:
        return grpc.aio.insecure_channel(address, options=_OPTIONS)
    credentials = grpc.ssl_channel_credentials(tls.ca_pem, tls.key_pem, tls.cert_pem)
    name = [("grpc.ssl_target_name_override", tls.server_name)] if tls.server_name else []
    return grpc.aio.secure_channel(address, credentials, options=[*_OPTIONS, *name])
