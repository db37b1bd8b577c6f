"""What is said over a connection: how messages are parsed and checked, what is logged, which types go either way."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.facts import Known
from halfopen.connections.messages.facts import Inbound, Messages

from .finding import dossiers

ENDPOINT = """
import json
import logging
import pickle
from typing import Literal
from fastapi import FastAPI, WebSocket
from pydantic import BaseModel

app = FastAPI()
logger = logging.getLogger(__name__)
KINDS = {"a", "b"}
DEBUG = False


class Model(BaseModel):
    kind: str


@app.websocket("/ws")
async def ws(websocket: WebSocket, token: str = ""):
    await websocket.accept()
    while True:
        %s
"""

CLIENT = """
import { useEffect, useState } from "react";
import { z } from "zod";
import { show } from "elsewhere";

const DEBUG = false;
const Shape = z.object({ kind: z.string() });

export function useIt(url: string, token: string) {
  const [last, setLast] = useState<unknown>(null);
  useEffect(() => {
    const ws = new WebSocket(url);
    ws.onmessage = (event) => {
      %s
    };
    return () => ws.close();
  }, [url]);
  return last;
}
"""


def messages(root: Path, code: str, frame: str = ENDPOINT) -> Messages:
    """The facts of the one connection whose loop or handler runs some lines of code."""
    name, indent = ("use.tsx", " " * 6) if frame is CLIENT else ("main.py", " " * 8)
    text = frame % code.strip().replace("\n", f"\n{indent}")
    _, made = dossiers(root, {name: text})
    (dossier,) = made
    assert dossier.messages is not None
    return dossier.messages


def inbound(root: Path, code: str, frame: str = ENDPOINT) -> Inbound:
    (found,) = messages(root, code, frame).inbound
    return found


@pytest.mark.parametrize(
    ("code", "fates"),
    [
        ("d = await websocket.receive_json()\nif d['kind'] == 'a': pass", {"kind": "dispatch"}),
        ("d = json.loads(await websocket.receive_text())\nstart(d.get('kind'))", {"kind": "used"}),
        ("d = await websocket.receive_json()\nstart(int(d['n']))", {"n": "checked"}),
        ("d = await websocket.receive_json()\nif d['kind'] in KINDS: start(d['kind'])", {"kind": "checked"}),
        ("d = await websocket.receive_json()\nawait websocket.send_json({'n': d['n']})", {"n": "echoed"}),
        ("d = await websocket.receive_json()\nif d.get('n'): pass", {"n": "tested"}),
        ("d = await websocket.receive_json()\nlogger.info('%s', d['n'])", {"n": "unread"}),
        ("d = (await websocket.receive())['text']\nstart(json.loads(d)['n'])", {"n": "used"}),
        (
            "match await websocket.receive_json():\n    case {'kind': 'a', 'n': n}:\n        start(n)",
            {"kind": "unread", "n": "used"},
        ),
    ],
)
def test_what_becomes_of_a_field(tmp_path: Path, code: str, fates: dict[str, str]) -> None:
    found = inbound(tmp_path, code)
    assert {each.key: each.fate for each in found.fields} == fates


@pytest.mark.parametrize(
    ("code", "is_validated"),
    [
        ("m = Model.model_validate(await websocket.receive_json())", True),
        ("m = Model.model_validate_json(await websocket.receive_text())", True),
        ("d = await websocket.receive_json()\nm = Model(**d)", True),
        ("d = await websocket.receive_json()\nm = Unknown(**d)", False),
        ("d = await websocket.receive_json()\nm: Model = d\nstart(m['kind'])", False),
    ],
)
def test_what_validates(tmp_path: Path, code: str, is_validated: bool) -> None:
    assert bool(inbound(tmp_path, code).validated_by) is is_validated


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("d = await websocket.receive_json()\nd.get('n')", True),
        (
            "try:\n    d = await websocket.receive_json()\n    d.get('n')\nexcept Exception:\n    continue",
            False,
        ),
        ("try:\n    d = await websocket.receive_json()\n    d.get('n')\nexcept Exception:\n    break", True),
        (
            "try:\n    d = await websocket.receive_json()\n    d.get('n')\nexcept Exception:\n    try:\n"
            "        await websocket.send_text('?')\n    except RuntimeError:\n        break",
            False,
        ),
        ("try:\n    d = await websocket.receive_json()\n    d.get('n')\nexcept ValueError:\n    pass", True),
    ],
)
def test_whether_a_wrong_shape_ends_the_connection(tmp_path: Path, code: str, ends: bool) -> None:
    assert bool(inbound(tmp_path, code).ends_on_error) is ends


def test_what_runs_as_code(tmp_path: Path) -> None:
    assert inbound(tmp_path, "pickle.loads(await websocket.receive_bytes())").executed_by


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("setLast(JSON.parse(event.data));", (False, True, False)),
        ("try { setLast(JSON.parse(event.data)); } catch { return; }", (True, True, False)),
        (
            "const r = Shape.safeParse(JSON.parse(event.data)); if (r.success) setLast(r.data);",
            (False, False, True),
        ),
        ("const d = JSON.parse(event.data); show(String(d.kind));", (False, False, False)),
    ],
)
def test_how_a_client_reads(tmp_path: Path, code: str, expected: tuple[bool, bool, bool]) -> None:
    found = inbound(tmp_path, code, CLIENT)
    assert (found.parse_guarded, bool(found.stored_whole), bool(found.validated_by)) == expected


@pytest.mark.parametrize(
    ("code", "logged"),
    [
        ("t = await websocket.receive_text()\nlogger.info(f'got {t}')", [("message", "always")]),
        ("t = await websocket.receive_text()\nlogger.debug('got %s', t[:80])", [("message", "debug")]),
        ("t = await websocket.receive_text()\nif DEBUG: print(t)", [("message", "debug")]),
        ("t = await websocket.receive_text()\nlogger.info('%d bytes', len(t))", []),
        ("await websocket.receive_text()\nlogger.info(f'token {token}')", [("token", "always")]),
        ("await websocket.receive_text()\nlogger.info('has %s', bool(token))", []),
        ("await websocket.receive_text()\nfor token in answer(): print(token)", []),
    ],
)
def test_what_is_logged(tmp_path: Path, code: str, logged: list[tuple[str, str]]) -> None:
    assert [(each.what, each.when) for each in messages(tmp_path, code).logged] == logged


@pytest.mark.parametrize(
    ("code", "disclosed"),
    [
        ("try: work()\nexcept Exception as e: await websocket.send_json({'m': str(e)})", ["exception"]),
        ("try: work()\nexcept Exception as e: await websocket.close(1011, reason=f'{e}')", ["exception"]),
        ("try: work()\nexcept Exception as e: await websocket.send_text(type(e).__name__)", []),
        ("try: work()\nexcept ValueError as e: await websocket.send_text(str(e))", []),
        ("await websocket.send_text(f'you are {token}')", ["credential"]),
    ],
)
def test_what_reaches_the_peer(tmp_path: Path, code: str, disclosed: list[str]) -> None:
    assert [each.what for each in messages(tmp_path, code).disclosed] == disclosed


@pytest.mark.parametrize(
    ("code", "sent", "is_all"),
    [
        ("await websocket.send_json({'type': 'a'})", {"a"}, True),
        ("await websocket.send_text(json.dumps({'type': 'a' if x else 'b'}))", {"a", "b"}, True),
        ("await websocket.send_json({'type': kind()})", set(), None),
        ("await websocket.send_json({'type': 'a'})\nawait websocket.send_json(event())", {"a"}, None),
    ],
)
def test_which_types_are_sent(tmp_path: Path, code: str, sent: set[str], is_all: bool | None) -> None:
    found = messages(tmp_path, code)
    assert {each.value for each in found.sent} == sent
    assert (found.sends_only.value if isinstance(found.sends_only, Known) else None) is is_all


@pytest.mark.parametrize(
    ("code", "handled", "rest"),
    [
        ("const d = JSON.parse(event.data); if (d.type === 'a') show(d.n);", {"a"}, False),
        ("const d = JSON.parse(event.data); switch (d.type) { case 'a': show(d.n); }", {"a"}, False),
        (
            "const d = JSON.parse(event.data); switch (d.type) { case 'a': show(d.n); break; default: show(d); }",
            {"a"},
            True,
        ),
        ("const d = JSON.parse(event.data); if (d.type === 'a') { show(1); } else { show(2); }", {"a"}, True),
        ("const d = JSON.parse(event.data); show(d); if (d.type === 'a') show(d.n);", {"a"}, True),
        (
            "const { type, n } = JSON.parse(event.data); if (['a', 'b'].includes(type)) show(n);",
            {"a", "b"},
            False,
        ),
        ("show(JSON.parse(event.data));", set(), None),
    ],
)
def test_which_types_are_handled(tmp_path: Path, code: str, handled: set[str], rest: bool | None) -> None:
    found = messages(tmp_path, code, CLIENT)
    assert {each.value for each in found.handled} == handled
    assert (found.handles_rest.value if isinstance(found.handles_rest, Known) else None) is rest


MODELS = """
import asyncio
import json
from enum import Enum
from typing import Annotated, Literal, Optional, Union
from fastapi import FastAPI, WebSocket
from pydantic import BaseModel, Field, RootModel, TypeAdapter, parse_obj_as

app = FastAPI()


class Kind(str, Enum):
    A = "a"
    B = "b"


class A(BaseModel):
    type: Literal["a"] = "a"


class B(BaseModel):
    type: Annotated[Literal[Kind.B], Field()] = Kind.B
    n: int = 0


class C(B):
    extra: str = ""


class Envelope(BaseModel):
    type: Kind
    n: int = 0


class Loose(BaseModel):
    type: str
    n: int = 0


class Either(RootModel[Annotated[Union[A, B], Field(discriminator="type")]]):
    pass


ANY = TypeAdapter(Annotated[A | B, Field(discriminator="type")])


@app.websocket("/ws")
async def ws(websocket: WebSocket):
    await websocket.accept()
    queue = asyncio.Queue(maxsize=10)
    while True:
        %s
"""


@pytest.mark.parametrize(
    ("code", "handled", "rest"),
    [
        ("work(ANY.validate_json(await websocket.receive_text()))", {"a", "b"}, False),
        ("work(TypeAdapter(Union[A, None]).validate_python(await websocket.receive_json()))", {"a"}, False),
        ("work(parse_obj_as(Optional[C], await websocket.receive_json()))", {"b"}, False),
        ("work(Either.model_validate(await websocket.receive_json()))", {"a", "b"}, False),
        ("work(Envelope(**await websocket.receive_json()))", {"a", "b"}, False),
        ("m = Envelope(**await websocket.receive_json())\nif m.type == Kind.A: work(m.n)", {"a"}, False),
        ("m = Loose(**await websocket.receive_json())\nif m.type == 'c': work(m.n)", {"c"}, False),
        ("m = Loose(**await websocket.receive_json())\nwork(m)\nif m.type == 'c': work(m.n)", {"c"}, True),
        ("work(Loose(**await websocket.receive_json()))", set(), None),
        ("m = ANY.validate_json(await websocket.receive_text())\nif isinstance(m, (A, C)): work(m)", {"a", "b"}, False),
        ("m = ANY.validate_json(await websocket.receive_text())\nif isinstance(m, A): work(m)", {"a"}, False),
        (
            "match ANY.validate_json(await websocket.receive_text()):\n    case A(): work(1)",
            {"a"},
            False,
        ),
        (
            "match ANY.validate_json(await websocket.receive_text()):\n    case A(): work(1)\n    case _: work(2)",
            {"a", "b"},
            False,
        ),
        ("d = await websocket.receive_json()\nif d['type'] == 'c': work(1)\nwork(ANY.validate_python(d))", {"a", "b", "c"}, False),
        ("d = await websocket.receive_json()\nif d['type'] == 'a': work(Loose(**d))", {"a"}, False),
        ("d = await websocket.receive_json()\nwork(ANY.validate_python(d), d)", {"a", "b"}, True),
    ],
)  # fmt: skip
def test_which_types_a_model_lets_pass(
    tmp_path: Path, code: str, handled: set[str], rest: bool | None
) -> None:
    found = messages(tmp_path, code, MODELS)
    assert {each.value for each in found.handled} == handled
    assert (found.handles_rest.value if isinstance(found.handles_rest, Known) else None) is rest


@pytest.mark.parametrize(
    ("code", "sent", "is_all"),
    [
        ("await websocket.send_text(B(n=1).model_dump_json())", {"b"}, True),
        ("await websocket.send_text(json.dumps(C().model_dump()))", {"b"}, True),
        ("await websocket.send_json(Envelope(type=Kind.A).model_dump())", {"a"}, True),
        ("await websocket.send_json(Envelope(type=kind()).model_dump())", set(), None),
        ("await websocket.send_json(Loose(n=1).model_dump())", set(), None),
        ("queue.put_nowait(A())\nawait websocket.send_text((await queue.get()).model_dump_json())", {"a"}, True),
        (
            "await queue.put({'type': 'c'})\nm = await asyncio.wait_for(queue.get(), 5)\nawait websocket.send_json(m)",
            {"c"},
            True,
        ),
        (
            "await queue.put({'type': 'end'})\nm = await queue.get()\nif m['type'] != 'end': await websocket.send_json(m)",
            set(),
            None,
        ),
        ("await websocket.send_json(await queue.get())", set(), None),
    ],
)  # fmt: skip
def test_which_types_models_and_queues_send(
    tmp_path: Path, code: str, sent: set[str], is_all: bool | None
) -> None:
    found = messages(tmp_path, code, MODELS)
    assert {each.value for each in found.sent} == sent
    assert (found.sends_only.value if isinstance(found.sends_only, Known) else None) is is_all


SCHEMAS = """
import { z } from "zod";
import * as v from "valibot";
import { show } from "elsewhere";

const A = z.object({ type: z.literal("a"), n: z.number() });
const B = z.object({ type: z.enum(["b", "c"]) }).extend({ n: z.number() });
const Any = z.object({ type: z.string() });
const Both = z.discriminatedUnion("type", [A, ...[B]]);
const Valid = v.variant("type", [v.object({ type: v.literal("a") })]);

export function watch(each: (message: z.infer<typeof A>) => void) {
  const ws = new WebSocket("/ws");
  ws.onmessage = (event) => {
      %s
  };
}
"""


@pytest.mark.parametrize(
    ("code", "handled", "rest"),
    [
        ("show(Both.parse(JSON.parse(event.data)));", {"a", "b", "c"}, False),
        ("show(A.or(B).parse(JSON.parse(z.string().parse(event.data))));", {"a", "b", "c"}, False),
        ("show(z.union([A, Any]).parse(JSON.parse(event.data)));", set(), None),
        ("show(v.parse(Valid, JSON.parse(event.data)));", {"a"}, False),
        ("const r = Both.safeParse(JSON.parse(event.data)); if (r.success && r.data.type === 'a') show(r.data.n);", {"a"}, False),
        ("const { data } = Both.safeParse(JSON.parse(event.data)); switch (data?.type) { case 'b': show(1); }", {"b"}, False),
        ("const m = Any.parse(JSON.parse(event.data)); switch (m.type) { case 'x': show(1); break; default: show(2); }", {"x"}, True),
        ("const d = JSON.parse(event.data); const r = A.safeParse(d); if (!r.success) show(d.other);", {"a"}, True),
    ],
)  # fmt: skip
def test_which_types_a_schema_lets_pass(
    tmp_path: Path, code: str, handled: set[str], rest: bool | None
) -> None:
    _, (dossier,) = dossiers(tmp_path, {"use.ts": SCHEMAS % code})
    assert dossier.messages is not None
    assert {each.value for each in dossier.messages.handled} == handled
    known = dossier.messages.handles_rest
    assert (known.value if isinstance(known, Known) else None) is rest


def test_what_a_callback_sends_is_what_it_is_called_with(tmp_path: Path) -> None:
    source = """
        class Outbox {
          constructor(private send: (message: object) => void) {}
          stop() { this.send({ type: "stop" }); }
        }
        const ws = new WebSocket("/ws");
        export const outbox = new Outbox((message) => ws.send(JSON.stringify(message)));
    """
    _, (dossier,) = dossiers(tmp_path, {"use.ts": source})
    assert dossier.messages is not None
    assert {each.value for each in dossier.messages.sent} == {"stop"}


LISTENERS = """
import {{ createContext, useContext, useEffect, useRef, useState }} from "react";

const Live = createContext(null);

export function LiveProvider({{ url, children }}) {{
  const listeners = useRef({container});
  useEffect(() => {{
    const ws = new WebSocket(url);
    ws.onmessage = (event) => {{
      const message = JSON.parse(event.data);
      {told}
    }};
    return () => ws.close();
  }}, [url]);
  const subscribe = (type, listener) => {{
    {kept}
  }};
  return <Live.Provider value={{{{ subscribe }}}}>{{children}}</Live.Provider>;
}}

export function Prices() {{
  const {{ subscribe }} = useContext(Live);
  const [price, setPrice] = useState(0);
  useEffect(() => subscribe("price", (message) => setPrice(message.price)), []);
  return <p>{{price}}</p>;
}}
"""


@pytest.mark.parametrize(
    ("container", "kept", "told"),
    [
        ("new Set()", "listeners.current.add(listener);", "listeners.current.forEach((each) => each(message));"),
        (
            "new Map()",
            "listeners.current.set(Symbol(), listener);",
            "listeners.current.forEach((each) => each(message));",
        ),
        (
            "new Map()",
            "listeners.current.set(type, listener);",
            "const each = listeners.current.get(message.type); if (each) each(message);",
        ),
        (
            "new Map()",
            "if (!listeners.current.has(type)) listeners.current.set(type, new Set());\n"
            "    listeners.current.get(type).add(listener);",
            "listeners.current.get(message.type)?.forEach((each) => each(message));",
        ),
        (
            "{}",
            "if (!listeners.current[type]) listeners.current[type] = [];\n    listeners.current[type].push(listener);",
            "if (listeners.current[message.type]) listeners.current[message.type].forEach((each) => each(message));",
        ),
        (
            "{}",
            "listeners.current[type] = [...(listeners.current[type] ?? []), listener];",
            "const group = listeners.current[message.type]; for (const each of group) each(message);",
        ),
        ("{}", "listeners.current[type] = listener;", "listeners.current[message.type]?.(message);"),
        (
            "new Map()",
            "const group = listeners.current.get(type) ?? [];\n    group.push(listener);\n"
            "    listeners.current.set(type, group);",
            "for (const each of [...listeners.current.values()].flat()) each(message);\n"
            "      for (const each of listeners.current.get(message.type)) each(message);",
        ),
    ],
)  # fmt: skip
def test_listeners_of_a_context_take_the_messages(
    tmp_path: Path, container: str, kept: str, told: str
) -> None:
    _, made = dossiers(tmp_path, {"live.jsx": LISTENERS.format(container=container, kept=kept, told=told)})
    (dossier,) = made
    assert dossier.messages is not None
    assert "price" in {each.key for found in dossier.messages.inbound for each in found.fields}


SHARED_WRAPPER = """
import json
from fastapi import FastAPI, WebSocket

app = FastAPI()

class Safe:
    def __init__(self, websocket: WebSocket):
        self._websocket = websocket

    async def receive_text(self):
        return await self._websocket.receive_text()

def trace(message):
    if DEBUG:
        print(message.get("traced"))

@app.websocket("/commands")
async def commands(websocket: WebSocket):
    await websocket.accept()
    while True:
        message = json.loads(await Safe(websocket).receive_text())
        trace(message)
        run(message["cmd"])

@app.websocket("/decisions")
async def decisions(websocket: WebSocket):
    await websocket.accept()
    while True:
        message = json.loads(await Safe(websocket).receive_text())
        decide(message["verdict"])
"""


def test_a_helper_that_receives_gives_each_endpoint_its_own_messages(tmp_path: Path) -> None:
    _, made = dossiers(tmp_path, {"main.py": SHARED_WRAPPER})
    read = {
        each.connection.name: {one.key for inbound in each.messages.inbound for one in inbound.fields}
        for each in made
        if each.messages is not None
    }
    assert read == {"commands": {"cmd", "traced"}, "decisions": {"verdict"}}


def test_what_ends_the_connection_is_told_where_the_message_is_parsed(tmp_path: Path) -> None:
    _, made = dossiers(tmp_path, {"main.py": SHARED_WRAPPER})
    commands = next(each for each in made if each.connection.name == "commands")
    assert commands.messages is not None
    (found,) = commands.messages.inbound
    assert [each.text for each in found.ends_on_error] == [
        "reading `cmd` of a message that is no object raises here"
    ]
