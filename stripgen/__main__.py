"""`python -m stripgen`, the same as `stripgen`."""

from stripgen.cli import main

main()
