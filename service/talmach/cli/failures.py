"""How a command ends when it cannot do its work: one sentence on stderr and an exit status, never a traceback."""

BAD_INPUT_STATUS = 2
FAILURE_STATUS = 1
INTERRUPTED_STATUS = 130  # 128 + SIGINT, as shells count


class CommandFailed(Exception):
    """The work was asked for rightly and did not succeed; exit status 1."""

    exit_status = FAILURE_STATUS


class BadInput(CommandFailed):
    """A file, an option, a setting or an address that nothing can be done with; exit status 2."""

    exit_status = BAD_INPUT_STATUS
