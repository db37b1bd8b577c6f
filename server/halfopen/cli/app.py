"""The commands and their options; what they do is in the modules that they call."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

app = typer.Typer(
    help="Find the WebSocket bugs that show only in production, in FastAPI and React code.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


WHAT, FIXES = "What is reported", "Fixes"
"""The groups of options in the help."""


class Format(enum.StrEnum):
    """The output formats of `audit`."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"


class ConnectionsFormat(enum.StrEnum):
    """The output formats of `connections`."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"


class SeverityName(enum.StrEnum):
    """The severities, as options name them."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    MONITOR = "MONITOR"


class ConfidenceName(enum.StrEnum):
    """The confidences, as options name them."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


NoCache: TypeAlias = Annotated[
    bool, typer.Option("--no-cache", help="Read every file anew, and keep nothing of it for the next run.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from halfopen import __version__

        typer.echo(f"halfopen {__version__}")
        raise typer.Exit


def _known_rules(incomplete: str) -> list[str]:
    """The rules that a word may become; of a list with commas the last is completed."""
    from halfopen.audit.rule import registered_rules

    before, comma, last = incomplete.rpartition(",")
    names = [name for each in registered_rules().values() for name in (each.rule.code, each.rule.slug)]
    return [before + comma + name for name in names if name.lower().startswith(last.lower())]


class RuleFormat(enum.StrEnum):
    """The output formats of `explain` and `rules`; text is for a terminal."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


RuleFormatOption: TypeAlias = Annotated[
    RuleFormat, typer.Option("--format", "-f", help="How to write it; text is Markdown where it is piped.")
]


@app.callback()
def halfopen(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Find the WebSocket bugs that show only in production, in FastAPI and React code."""


@app.command()
def audit(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Directories or files. One directory alone is the root of the audit; else the current one is. "
            "- reads one file from standard input.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="How to write what is found.")
    ] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of the terminal."),
    ] = None,
    fail_on: Annotated[
        SeverityName,
        typer.Option(help="Exit with 1 for a finding of this severity or above.", case_sensitive=False),
    ] = SeverityName.HIGH,
    min_confidence: Annotated[
        ConfidenceName,
        typer.Option(
            help="Leave out findings less sure than this; medium leaves out suspicious patterns.",
            case_sensitive=False,
        ),
    ] = ConfidenceName.LOW,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Findings only: no notes, summary or progress.")
    ] = False,
    no_cache: NoCache = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="Run only these rules: WS4A, WS4 or no-heartbeat; several with commas.",
            autocompletion=_known_rules,
            rich_help_panel=WHAT,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="Leave out these rules as well.",
            autocompletion=_known_rules,
            rich_help_panel=WHAT,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION",
            help="Only findings on code that changed since a git revision: main, HEAD~3.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Leave out the findings that this file knows.", rich_help_panel=WHAT
        ),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write all findings to a baseline, and exit with 0.", rich_help_panel=WHAT
        ),
    ] = None,
    stdin_filename: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Which file - stands for: src/app.py.", rich_help_panel=WHAT),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe fixes.", rich_help_panel=FIXES)] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option(
            "--unsafe-fixes",
            help="Make those as well that add behaviour; look at them before you commit.",
            rich_help_panel=FIXES,
        ),
    ] = False,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="Show what the fixes would change, and write nothing; exit with 1 if they would.",
            rich_help_panel=FIXES,
        ),
    ] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Only how often each rule found something.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Audit again whenever a file changes, until Ctrl-C.")
    ] = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Show the settings in force, and audit nothing.")
    ] = False,
    show_files: Annotated[
        bool, typer.Option("--show-files", help="List the files that would be audited.")
    ] = False,
) -> None:
    """Audit the WebSocket code in directories or files.

    Exit status: 0 nothing at or above --fail-on (or --exit-zero); 1 findings, or with --diff fixes to be made;
    2 wrong usage or an internal error.
    """
    from halfopen.audit.finding import Confidence, Severity
    from halfopen.cli.audit_command import AuditOptions, run_audit

    options = AuditOptions(
        output_format=output_format.value,
        output=output,
        fail_on=Severity[fail_on.value],
        min_confidence=Confidence[min_confidence.name],
        exit_zero=exit_zero,
        quiet=quiet,
        cache=not no_cache,
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        baseline=baseline,
        write_baseline=write_baseline,
        since=since,
        statistics=statistics,
        stdin_filename=stdin_filename,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        watch=watch,
        show_settings=show_settings,
        show_files=show_files,
    )
    raise typer.Exit(run_audit(tuple(paths or ()), options))


@app.command()
def connections(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]",
            help="A directory or file; the current directory where none is given.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[
        ConnectionsFormat, typer.Option("--format", "-f", help="How to write them; dot is for Graphviz.")
    ] = ConnectionsFormat.TEXT,
    no_cache: NoCache = False,
) -> None:
    """Show every client and endpoint: address, owner, what it holds, what is unknown, the other side."""
    from halfopen.cli.connections_command import show_connections

    raise typer.Exit(show_connections(path, output_format.value, not no_cache))


@app.command()
def explain(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE",
            help="A code, as WS1B, or a name, as unclosed-connection.",
            autocompletion=_known_rules,
        ),
    ],
    output_format: RuleFormatOption = RuleFormat.TEXT,
) -> None:
    """Show how a defect fails, how to verify it and how to fix it."""
    from halfopen.cli.rule_texts import explain_rule

    raise typer.Exit(explain_rule(rule, output_format.value))


@app.command()
def rules(output_format: RuleFormatOption = RuleFormat.TEXT) -> None:
    """List the rules."""
    from halfopen.cli.rule_texts import list_rules

    raise typer.Exit(list_rules(output_format.value))


@app.command()
def lsp(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Speak over standard input and output, as it always does.")
    ] = True,
) -> None:
    """Run the language server for an editor, over standard input and output."""
    from halfopen.lsp import main

    raise typer.Exit(main())
