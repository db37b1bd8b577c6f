"""A finding in the specification's mandatory form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from halfopen.audit.account import Assessment
from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.rule import Registered, RuleText, registered_rules
from halfopen.report.document.examples import example_of, languages_of
from halfopen.report.document.fix_text import fix_text
from halfopen.report.document.model import Example, Excerpt, FindingSection, Hours, Module, RuleSection
from halfopen.report.printable import one_line
from halfopen.report.result import AuditResult, Place, ReportedConnection, ReportedFact, ReportedFinding

CONTEXT_LINES = 2
SPAN_LINES = 8
"""Of a longer stretch only its first lines are shown."""
_FIRST_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_BY_HAND = Hours(0.1, 0.5)
"""To review and try a fix that is applied as it is offered."""


@cache
def rule_section(code: str, slug: str) -> RuleSection:
    """What a rule's text says to all of its findings; only the name where the rule is not installed."""
    registered = registered_rules().get(code)
    text = _text(registered)
    sections = text.sections if text is not None else {}
    fix = sections.get("The fix", "")
    return RuleSection(
        code=code,
        slug=slug,
        title=registered.rule.title if registered is not None else slug,
        section=registered.rule.section if registered is not None else "",
        verify=sections.get("How to verify", ""),
        fix=fix,
        no_fix=fix_text(fix).no_fix,
        trade_off=sections.get("Trade-off", ""),
        impact=sections.get("Reliability impact", ""),
    )


def _text(registered: Registered | None) -> RuleText | None:
    try:
        return registered.text() if registered is not None else None
    except FileNotFoundError:  # a rule pack that forgot its text
        return None


def finding_section(
    number: int,
    finding: ReportedFinding,
    result: AuditResult,
    connections: Mapping[str, ReportedConnection],
    address_of: Callable[[ReportedConnection], str | None],
    named: Callable[[str], str],
) -> FindingSection:
    """The section of one finding. `address_of` gives what a test on this machine would connect to, `named` sets names of
    the code as code.
    """
    registered = registered_rules().get(finding.code)
    rule = rule_section(finding.code, finding.slug)
    connection = connections.get(finding.connection)
    assessment = result.depth.assess(finding) if result.depth is not None else None
    changes = result.depth.changes(finding) if result.depth is not None else ()
    lines = result.lines_of(finding.place.path)
    failure = assessment.failure if assessment is not None else _first_sentences(rule, registered)
    fix = None if changes else _fix_of(finding, rule, assessment, connection, result)
    return FindingSection(
        number=number,
        rule=rule,
        severity=finding.severity,
        confidence=finding.confidence,
        category=registered.rule.category.value if registered is not None else "",
        place=finding.place,
        connection=connection,
        whom=_whom(connection, connections) if connection is not None else "",
        message=named(finding.message),
        problem=tuple(named(sentence(each)) for each in (finding.message, failure) if each),
        impact=named(assessment.estimate) if assessment is not None else _paragraph(rule.impact),
        verify=_verify(rule.verify, connection, address_of),
        verify_here=_verify_here(connection, connections, address_of),
        evidence=tuple(replace(each, text=named(each.text)) for each in dict.fromkeys(finding.evidence)),
        excerpt=_excerpt(finding.place, lines),
        changes=changes,
        lead=fix.lead if fix is not None else "",
        example=fix.example if fix is not None else None,
        remark=fix.remark if fix is not None else "",
        modules=fix.modules if fix is not None else (),
        when_to_act=_when_to_act(finding, registered),
        effort=_effort(registered, bool(changes) and changes[0].safe),
    )


@dataclass(frozen=True, slots=True)
class _Fix:
    """The change as a person would make it."""

    lead: str
    example: Example | None
    remark: str
    modules: tuple[Module, ...]


def _fix_of(
    finding: ReportedFinding,
    rule: RuleSection,
    assessment: Assessment | None,
    connection: ReportedConnection | None,
    result: AuditResult,
) -> _Fix | None:
    """The variant of the rule's text that fits the finding; None where the text has none."""
    languages = languages_of(finding.place.path)
    variant = fix_text(rule.fix).variant(languages, assessment.example if assessment is not None else 0)
    if variant is None:
        return None
    modules = assessment.modules.items() if assessment is not None else ()
    if assessment is not None and assessment.code:
        example = Example(variant.language, assessment.code, (), is_own=True)
    elif variant.code:
        own = result.lines_of(connection.place.path) if connection is not None else ()
        part = own[connection.place.line - 1 : connection.place.end_line] if connection is not None else ()
        names = assessment.names if assessment is not None else dict[str, str]()
        example = example_of(variant, languages, names, connection, part)
    else:
        example = None
    needed = tuple(Module(name, name.rsplit(".", 1)[-1], code) for name, code in modules)
    return _Fix(variant.lead, example, variant.remark, needed)


def sentence(text: str) -> str:
    """As a sentence: with an end, and with a capital where it begins with a plain word."""
    text = one_line(text)
    if not text:
        return ""
    if re.match(r"(a|an|the|each|every|nothing|only|what|when|where|no)\b", text):
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def _whom(connection: ReportedConnection, connections: Mapping[str, ReportedConnection]) -> str:
    where = f"{connection.place.path}:{connection.place.line}"
    others = [connections[each] for each in connection.linked_to if each in connections]
    names = ", ".join(f"`{one_line(each.name)}`" for each in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    fact = connection.facts.get("url")
    address = f" `{one_line(str(fact.value))}`" if isinstance(fact, ReportedFact) and fact.known else ""
    name = one_line(connection.name)
    if connection.side == "server":
        verb = "connects" if len(others) == 1 else "connect"
        reach = f", which {names}{more} {verb} to" if others else ""
        return f"endpoint `{name}`{address} (`{one_line(where)}`){reach}"
    reach = f", which talks to {names}{more}" if others else ""
    return f"client `{name}` (`{one_line(where)}`){reach}"


def _first_sentences(rule: RuleSection, registered: Registered | None) -> str:
    text = _text(registered)
    problem = text.sections.get("The problem", "") if text is not None else ""
    return _FIRST_SENTENCES.split(_paragraph(problem))[0] if problem else rule.title


def _paragraph(markdown: str) -> str:
    return " ".join(markdown.split("\n\n", 1)[0].split())


_SIDES = {
    "server": re.compile(r"(Client|Browser|In the browser|For a Python client)\b"),
    "client": re.compile(r"(Server|On the server)\b"),
}
"""How a paragraph begins that is about the other side."""
_OWN_SIDE = re.compile(r"^(Client|Browser|Server): (\w)")
_PLAIN_ADDRESS = re.compile(r"[\w./:~@%+=&?-]+")


def _verify(
    text: str,
    connection: ReportedConnection | None,
    address_of: Callable[[ReportedConnection], str | None],
) -> str:
    """The rule's steps for this side, with the endpoint's own address."""
    if connection is None:
        return text
    paragraphs = text.split("\n\n")
    own = [each for each in paragraphs if not _SIDES[connection.side].match(each)]
    own = [_OWN_SIDE.sub(lambda match: match[2].upper(), each) for each in own]
    text = "\n\n".join(own or paragraphs)
    address = address_of(connection)
    if address is not None and _PLAIN_ADDRESS.fullmatch(address):
        text = text.replace("wss://host/ws", address)
    return text


def _verify_here(
    connection: ReportedConnection | None,
    connections: Mapping[str, ReportedConnection],
    address_of: Callable[[ReportedConnection], str | None],
) -> str:
    if connection is None:
        return ""
    if connection.side == "server":
        address = address_of(connection)
        clients = [connections[each] for each in connection.linked_to if each in connections]
        page = f", or the page that uses `{one_line(clients[0].name)}`" if clients else ""
        reach = f" at `{address}`" if address else ""
        return f"Here: the endpoint `{one_line(connection.name)}`{reach}{page}."
    servers = [connections[each] for each in connection.linked_to if each in connections]
    address = next((found for each in servers if (found := address_of(each))), None)
    against = f", against `{address}`" if address else ""
    return f"Here: the page that uses `{one_line(connection.name)}`{against}."


def _excerpt(place: Place, lines: Sequence[str]) -> Excerpt | None:
    if not 1 <= place.line <= len(lines):
        return None
    last = min(place.end_line, place.line + SPAN_LINES - 1, len(lines))
    first = max(1, place.line - CONTEXT_LINES)
    shown = lines[first - 1 : min(len(lines), last + CONTEXT_LINES)]
    return Excerpt(place.path, first, tuple(shown), tuple(range(place.line, last + 1)))


def _when_to_act(finding: ReportedFinding, registered: Registered | None) -> str:
    """What turns something acceptable into something to be done."""
    watched = registered.rule.monitoring[0] if registered is not None and registered.rule.monitoring else ""
    watched = watched.split(":")[0]
    if finding.severity is Severity.MONITOR:
        signal = f"{watched} shows it" if watched else "users report it"
        return f"Acceptable for now. Change it when {signal}, or when the number of clients grows."
    if finding.confidence is Confidence.LOW:
        return "Confirm it first: what halfopen could not establish decides whether this is a defect."
    return ""


def _effort(registered: Registered | None, is_offered: bool) -> Hours:
    if registered is None:
        return Hours(0.5, 2.0)
    return _BY_HAND if is_offered else Hours(*registered.rule.effort_hours)


def count_of(number: int, what: str) -> str:
    """ "1 client", "1,200 files"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """For a command line: what comes from the audited code must not be a command of its own."""
    return shlex.quote(one_line(text))
