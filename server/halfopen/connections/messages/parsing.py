"""What calls do to the data they are given: parse it, validate it, or run it."""

from __future__ import annotations

import re
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.instances import classes
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

Meaning: TypeAlias = OneOf["parses", "validates", "executes", "checks", "logs", "encodes", "other"]

_PARSERS = re.compile(
    r"^((u|or|simple|raw)?json5?\.(loads?|decode)|json\.decoder\.JSONDecoder\(\)\.decode|json\.JSONDecoder\(\)\.decode"
    r"|JSON\.parse|ast\.literal_eval|msgpack\.(unpackb|loads)|cbor2?\.loads|yaml\.safe_load)$"
)
_EXECUTING = re.compile(
    r"^(eval|exec|compile|pickle\.loads?|_pickle\.loads?|cPickle\.loads?|dill\.loads?|cloudpickle\.loads?|marshal\.loads?"
    r"|jsonpickle\.decode|shelve\.open|yaml\.(load|unsafe_load|full_load)|os\.(system|popen)"
    r"|subprocess\.(run|call|check_output|check_call|Popen|getoutput)|asyncio\.create_subprocess_shell"
    r"|builtins\.(eval|exec)|Function|new Function|window\.eval)$"
)
_VALIDATING_METHODS = frozenset(
    {
        "model_validate", "model_validate_json", "validate_python", "validate_json", "parse_obj", "parse_raw",
        "parse_obj_as", "safeParse", "safeParseAsync", "parseAsync", "from_json", "validate_strings",
    }
)  # fmt: skip
"""Methods of pydantic and zod whose names are theirs alone."""
_VALIDATING = re.compile(
    r"(^|\.)(pydantic\.(parse_obj_as|parse_raw_as|tools\.parse_obj_as|type_adapter\.TypeAdapter\(.*\)\..*|TypeAdapter\(\)\..*)"
    r"|msgspec\.(convert|json\.decode|msgpack\.decode)|msgspec\.(json|msgpack)\.Decoder\(\)\.decode"
    r"|jsonschema\.(validate|validators\.validate)|jsonschema\.\w+\(\)\.(validate|is_valid|iter_errors)|fastjsonschema\..*"
    r"|marshmallow\..*\.(load|loads|validate)|cattrs?\.(structure|structure_attrs_fromdict)|dacite\.from_dict"
    r"|pydantic_core\..*|valibot\.(safeParse|parse|is|safeParser)|voluptuous\.Schema\(\)|schema\.Schema\(\)\.(validate|is_valid)"
    r"|superstruct\.(assert|create|is|validate|mask)|ajv\..*|typia\..*|io-ts\..*|runtypes\..*|@sinclair/typebox/.*|yup\..*\.(validate|validateSync|isValidSync)"
    r"|zod(/v4|/mini)?\..*\.(parse|safeParse|parseAsync|safeParseAsync))$"
)
_CHECKING = frozenset(
    {
        "isinstance", "int", "float", "bool", "str", "len", "uuid.UUID", "decimal.Decimal", "datetime.datetime.fromisoformat",
        "re.match", "re.fullmatch", "callable", "Number", "String", "Boolean", "parseInt", "parseFloat", "Number.isFinite",
        "Number.isInteger", "Number.isNaN", "Array.isArray", "isNaN", "isFinite", "Number.parseInt", "Number.parseFloat", "Date",
        "all", "any", "set", "frozenset", "bleach.clean", "nh3.clean", "html.escape",
    }
)  # fmt: skip
"""Calls that look at a value's type or make one of a known type of it."""
_LOG_METHODS = frozenset(
    {
        "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "success", "dir", "table",
        "group", "groupCollapsed",
    }
)  # fmt: skip
_NAMED_FOR_LOGS = re.compile(r"(^|_)log(_|$)|^log[A-Z]")
"""Methods that the project's own logger has besides: `typewriter_log`, `log_event`."""
_LOGGERS = re.compile(r"(^|[._])(logger|logging|log|console|structlog|loguru)\b", re.IGNORECASE)


def parsing_of(program: Program, call: At[tree.Call], given: tree.Node) -> Meaning:
    """What a call does to one of its arguments."""
    callee = call.to(call.node.callee)
    names = qualified(program, callee)
    last = last_name(callee.node)
    if is_log(program, call):
        return "logs"
    if trusted_to(program, "validates", callee) is not None:
        return "validates"
    if any(_EXECUTING.match(name) for name in names) and not _has_safe_loader(call.node):
        return "executes"
    if any(_PARSERS.match(name) for name in names):
        return "parses"
    if _validates(program, call, names, last, given):
        return "validates"
    if (
        names & _CHECKING
        or any(name.endswith("jwt.decode") for name in names)
        or last in ("hasOwnProperty", "isArray", "fullmatch", "issubset", "issuperset")
    ):
        return "checks"
    if any(name.endswith((".dumps", "JSON.stringify")) for name in names):
        return "encodes"
    if _is_enum(program, callee):
        return "checks"
    return "other"


def _validates(
    program: Program, call: At[tree.Call], names: frozenset[str], last: str, given: tree.Node
) -> bool:
    if last in _VALIDATING_METHODS or any(_VALIDATING.search(name) for name in names):
        return True
    if last in ("parse", "validate", "validateSync", "load", "loads", "is_valid", "check") and _is_schema(
        program, call
    ):
        return True
    argument = call.index.parents.get(given)
    spread = isinstance(argument, tree.Argument) and argument.spread == "**"
    if spread and any(_is_model(program, klass) for klass in _constructed(program, call)):
        return True
    return any(_is_guard(function) for function in functions(program, call.to(call.node.callee)))


def _is_schema(program: Program, call: At[tree.Call]) -> bool:
    """Whether the receiver is a schema: one of zod's, yup's or marshmallow's."""
    if not isinstance(call.node.callee, tree.Member):
        return False
    receiver = call.to(call.node.callee.object)
    names = qualified(program, receiver)
    if any(
        name.startswith(("zod", "yup", "valibot", "marshmallow", "cerberus", "schema.")) for name in names
    ):
        return True
    return any(_bases_named(program, klass, ("Schema",)) for klass in classes(program, receiver))


def _constructed(program: Program, call: At[tree.Call]) -> list[At[tree.Class]]:
    return [
        origin.to(origin.node)
        for origin in origins(program, call.to(call.node.callee))
        if isinstance(origin, At) and isinstance(origin.node, tree.Class)
    ]


def _is_model(program: Program, klass: At[tree.Class]) -> bool:
    """Whether constructing a class validates: a pydantic model, a SQLModel that is no table, a pydantic dataclass."""
    if any(
        name.startswith("pydantic")
        for each in klass.node.decorators
        for name in qualified(program, klass.to(_callee(each)))
    ):
        return True
    return _bases_named(program, klass, ("BaseModel", "RootModel", "GenericModel", "BaseSettings"))


def _callee(node: tree.Expr) -> tree.Expr:
    return node.callee if isinstance(node, tree.Call) else node


def _bases_named(
    program: Program, klass: At[tree.Class], names: tuple[str, ...], seen: frozenset[tree.Node] = frozenset()
) -> bool:
    """Whether a class derives from an outside class of one of these names."""
    if klass.node in seen:
        return False
    program.queries.note(klass.unit)
    for base in klass.node.bases:
        for origin in origins(program, klass.to(_callee(base))):
            match origin:
                case External(name=name) if name.rpartition(".")[2] in names:
                    return True
                case At(node=tree.Class() as parent) if _bases_named(
                    program, origin.to(parent), names, seen | {klass.node}
                ):
                    return True
                case _:
                    pass
    return False


def _is_enum(program: Program, callee: At[tree.Expr]) -> bool:
    """Whether a call makes a member of an enumeration, which refuses every other value."""
    return any(
        _bases_named(program, origin.to(origin.node), ("Enum", "StrEnum", "IntEnum"))
        for origin in origins(program, callee)
        if isinstance(origin, At) and isinstance(origin.node, tree.Class)
    )


def _is_guard(function: At[tree.Function]) -> bool:
    """Whether a function is a TypeScript type guard (`value is Progress`, `asserts value is Progress`)."""
    returns = function.node.returns
    return isinstance(returns, tree.TypeText) and re.search(r"\bis\b", returns.text) is not None


def is_log(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call writes to a log or the console."""
    callee = call.node.callee
    if isinstance(callee, tree.Name):
        return "print" in qualified(program, call.to(callee)) or callee.id == "print"
    if not isinstance(callee, tree.Member) or not (
        callee.name in _LOG_METHODS or _NAMED_FOR_LOGS.search(callee.name)
    ):
        return False
    return _LOGGERS.search(call.to(callee.object).text) is not None or any(
        _LOGGERS.search(name) is not None for name in qualified(program, call.to(callee.object))
    )


def _has_safe_loader(call: tree.Call) -> bool:
    """`yaml.load(x, Loader=yaml.SafeLoader)`."""
    return any("Safe" in last_name(argument.value) for argument in call.arguments)
