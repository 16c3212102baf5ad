"""The command `talmach`, also `python -m talmach`: what must be right before everything is imported."""

import os
import signal
import sys


def main() -> None:
    """Run the command."""
    _open_streams()
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # Ctrl-C ends the process as it ends any other; only in between is there something to clean up.
    if is_usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from talmach.cli import main as run  # noqa: PLC0415

    if is_usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        if is_usual:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open_streams() -> None:
    """Open what the caller closed (`<&-`), so that no file or socket gets its number; using it is then an error."""
    for number, name, mode in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one, since those below it are open by now.
            os.open(os.devnull, mode)
        if getattr(sys, name) is None:
            stream = os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)
            setattr(sys, name, stream)


if __name__ == "__main__":
    main()
