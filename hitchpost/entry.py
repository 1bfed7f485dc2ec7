"""Where the command starts: nothing but the way to `hitchpost.cli`.

The process that reads mail ahead imports the main module of its parent again, and needs no command line for it.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    from hitchpost.cli import main as run

    run()
