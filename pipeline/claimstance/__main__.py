"""``python -m claimstance`` and the console script: runs the command line, and turns errors into one line."""


def main() -> None:
    """Run the command line; exit codes are listed in ``docs/cli.md``."""
    from claimstance.cli import cli

    cli(prog_name="claimstance")


if __name__ == "__main__":
    main()
