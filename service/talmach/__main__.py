"""`python -m talmach` is the command `talmach`."""

from talmach.cli import main

main()
