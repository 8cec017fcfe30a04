"""Where the program starts: `stripgen`, or `python -m stripgen`."""

import gc


def run() -> None:
    """Run the command line without collecting garbage: a command lives for a second, and cycles go with it."""
    gc.disable()
    from stripgen.cli import main  # noqa: PLC0415 - imported after the collector is off

    gc.freeze()
    main()


if __name__ == "__main__":
    run()
