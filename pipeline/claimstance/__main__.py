"""The entry point of ``python -m claimstance`` and of the console script."""


def main() -> None:
    """Run the command line; exit codes are listed in ``docs/cli.md``."""
    from claimstance.commands.group import cli

    cli(prog_name="claimstance")


if __name__ == "__main__":
    main()
