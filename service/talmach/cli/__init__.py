"""The command `talmach`: it reads files, talks to a server through the public client, and prints what comes back.

program                     commands, exit statuses
translate, summarize, ...   one module for each command
inputs, options             what a command is given
connection                  where a server is and how to get in: address, token, certificates
session                     a client of a running server, or of one inside the process
lines                       one text per line, in batches
rendering, review, proof    what a reply looks like, what is doubtful in it, what is wrong with it
"""

import os

# Set before grpc is imported: its C core writes to stderr, among our JSON lines or before our own message.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from talmach.cli.program import main

__all__ = ["main"]
