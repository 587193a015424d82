"""The lab's command line: python -m lab list, or run."""

from lab.cli.commands import main

if __name__ == "__main__":
    main(prog_name="python -m lab")
