"""List the experiments, run one, print its verdict, and write its curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from lab.cli.folder import Folder
from lab.cli.settings import line, options
from lab.cli.training import trained
from lab.experiment import Experiment
from lab.experiments import EXPERIMENTS
from lab.report import Report

INTERRUPTED = 130  # the shell's number for what Ctrl-C ended
BUNDLED = "digits"  # what every experiment without a choice of data learns


def hyphened(name: str) -> str:
    """Return a name as it stands on the command line, where hyphens and underscores are one."""
    return name.replace("_", "-")


class Refused(click.ClickException):
    """What was asked cannot be done, in one sentence."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), err=file is None, file=file)


class Run(click.Command):
    """The command that runs one experiment; a setting that it lacks is answered with those that it has."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            names = [parameter.opts[0] for parameter in self.params]
            has = ", ".join(names[: -len(REPORTING)])
            meant = _meant(error.option_name, names)
            raise Refused(f"{self.name} has no setting {error.option_name}; it has {has}.{meant}") from None


class Runs(click.Group):
    """An experiment's name is a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [hyphened(name) for name in EXPERIMENTS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        name = hyphened(name)
        kind = EXPERIMENTS.get(name.replace("-", "_"))
        if kind is None:
            return None
        about = f"{kind.title}\n\n{kind.claim}\n\nSource: {kind.source}."
        data = [] if "data" in kind.choices() else [only_data(name)]
        return Run(name, params=[*options(kind), *data, *REPORTING], callback=_callback(name, kind), help=about,
                   short_help=kind.title)  # fmt: skip

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            names = self.list_commands(ctx)
            meant = _meant(hyphened(args[0]), names)
            raise Refused(f"run: the experiment must be one of {', '.join(names)}, got {args[0]}.{meant}")
        return super().resolve_command(ctx, args)


def only_data(name: str) -> click.Option:
    """Return the option of an experiment that learns the bundled digits and nothing else, for who names them."""

    def checked(ctx: click.Context, parameter: click.Parameter, given: str) -> None:
        if given != BUNDLED:
            raise Refused(f"{name}: data must be {BUNDLED}, which is all that it learns, got {given!r}. Leave it out.")

    return click.Option(["--data"], default=BUNDLED, show_default=True, metavar="NAME", callback=checked,
                        expose_value=False, help=f"What the networks learn; {BUNDLED} alone.")  # fmt: skip


REPORTING: list[click.Parameter] = [
    click.Option(["--out"], type=click.Path(path_type=Path), metavar="FOLDER",
                 help="Where the files go.  [default: runs/NAME-HASH, of the configuration]"),
    click.Option(["--csv/--no-csv"], default=True, help="Write the curves as a table.  [default: csv]"),
    click.Option(["--html/--no-html"], default=True, help="Write a page with the curves.  [default: html]"),
    click.Option(["--quiet"], is_flag=True, help="Say nothing but the verdict."),
]  # fmt: skip


@click.group(context_settings={"token_normalize_func": hyphened})
def main() -> None:
    """Train small networks that put the talk's claims to the test."""


@main.command("list")
def list_experiments() -> None:
    """Say what every experiment claims, and its settings with their defaults."""
    for name, kind in EXPERIMENTS.items():
        defaults = {field.name: field.default for field in fields(kind)}
        click.echo(f"{hyphened(name)}: {kind.title}")
        click.echo(f"{click.wrap_text(kind.claim, 100, '  ', '  ')}\n  {line(defaults)}\n")


main.add_command(Runs("run", help="Train, print the verdict, and write the curves to files."))


def _callback(name: str, kind: type[Experiment[Any]]) -> Any:
    def run(out: Path | None, csv: bool, html: bool, quiet: bool, **settings: Any) -> None:
        try:
            report = _report(name, kind(**settings), out, csv, html, quiet)
        except ValueError as error:  # a DataError too; each is a sentence
            raise Refused(str(error)) from None
        except KeyboardInterrupt:  # while files were written, each whole or not at all
            report = None
        if report is None or report.stopped:
            raise click.exceptions.Exit(INTERRUPTED)

    return run


def _report(
    name: str, experiment: Experiment[Any], out: Path | None, csv: bool, html: bool, quiet: bool
) -> Report | None:
    folder = Folder(out, name, experiment)
    forms: dict[str, tuple[bool, Callable[[Report], str]]] = {
        "curves.csv": (csv, Report.table),
        "report.html": (html, Report.page),
    }
    files = {file: text for file, (wanted, text) in forms.items() if wanted}
    if files:
        folder.claim([part + file for part in ("", "partial-") for file in files])
    last = trained(experiment, quiet)
    if last is None:
        click.echo("Stopped before anything was recorded; nothing is written.", err=True)
        return None
    report = Report(experiment, last.result, last.done)
    if report.stopped:
        click.echo(report.stopped, err=True)
    click.echo(report.result.verdict())
    for file, text in files.items():
        path = folder.write(f"partial-{file}" if report.stopped else file, text(report))
        if not quiet:
            click.echo(f"Wrote {path}", err=True)
    return report


def _meant(given: str, names: Sequence[str]) -> str:
    close = get_close_matches(given.lstrip("-"), [name.lstrip("-") for name in names], n=1)
    close = [name for name in names if name.lstrip("-") in close]
    return f" Did you mean {close[0]}?" if close else ""
