"""The tests that the specification recommends, with commands for the endpoints, ports and services of this repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from halfopen.audit.targets import Targets
from halfopen.report.document.model import Trial
from halfopen.report.document.sections import quoted
from halfopen.report.printable import one_line
from halfopen.report.result import LinesOf, ReportedConnection, ReportedFact, ReportedStart

DEFAULT_PORT = 8000
"""uvicorn's."""
_PLACEHOLDER = re.compile(r"\{(\w*)[^{}/]*\}")
_ASIDE = re.compile(r"(^|/)(tests?|examples?|docs?|docs_src|samples?|benchmarks?)/")
_CLIENTS_OPENED = 200
_UUID = "00000000-0000-4000-8000-000000000001"


_SIGNS_IN = "export FIRST='{}' # the message that signs in, as the client sends it"
_TYPED = "# once it is connected, type the message that signs in, as the client sends it"


@dataclass(frozen=True, slots=True)
class Local:
    """Where a test on this machine would connect. `lines_of` gives the lines of a file."""

    port: int
    start: ReportedStart | None
    lines_of: LinesOf

    def address(self, connection: ReportedConnection) -> str | None:
        """An endpoint's address, its parameters filled in; None where its path is not known."""
        path = self.route(connection)
        if path is None:
            return None
        place = connection.place
        text = "\n".join(self.lines_of(place.path)[place.line - 1 : place.end_line])
        path = _PLACEHOLDER.sub(lambda match: _filled(match[1], text), path)
        secret = self.secret_in_url(connection)
        return f"ws://localhost:{self.port}{path}" + (f"?{secret}=TOKEN" if secret else "")

    def route(self, connection: ReportedConnection) -> str | None:
        """The first path of an endpoint, with its parameters in braces."""
        fact = connection.facts.get("url")
        if connection.side != "server" or not isinstance(fact, ReportedFact) or not fact.known:
            return None
        path = one_line(str(fact.value).split(" or ")[0])
        return path if path.startswith("/") else None

    def secret_in_url(self, connection: ReportedConnection) -> str | None:
        """The query parameter in which a client shows who it is."""
        named = (name for carrier, name in _credentials(connection) if carrier == "query string" and name)
        return next(named, None)


def _filled(name: str, text: str) -> str:
    """A value that the endpoint takes for a parameter of its path: a UUID where it asks for one, else 1."""
    asked = rf"\b{re.escape(name)}\w*\s*:\s*(?:\w+\.)*UUID\b|\bUUID\([^\n]*\b{re.escape(name)}"
    return _UUID if name and re.search(asked, text) else "1"


def _credentials(connection: ReportedConnection) -> Iterator[tuple[str, str]]:
    """Where a client shows who it is, and under which name; no name where only the check of it is seen."""
    for name in ("admission.credentials", "admission.checks"):
        fact = connection.facts.get(name)
        value = fact.value if isinstance(fact, ReportedFact) and fact.known else ()
        for each in cast("Iterable[object]", value) if isinstance(value, list | tuple) else ():
            if isinstance(each, dict):
                known = cast("dict[str, object]", each)
                yield str(known.get("carrier", "")), str(known.get("name", ""))


def local_of(starts: Sequence[ReportedStart], lines_of: LinesOf) -> Local:
    """How the server is started here: one that names its port before others, a service before a bare command."""
    own = [each for each in starts if not _ASIDE.search(each.path)]
    own.sort(key=lambda each: (each.port is None, each.service is None, each.path, each.line))
    start = own[0] if own else None
    return Local(start.port if start is not None and start.port else DEFAULT_PORT, start, lines_of)


@dataclass(frozen=True, slots=True)
class _Shell:
    """What the commands connect to. `before` are lines that set what `url` names."""

    before: str
    url: str


def _shell_of(local: Local, endpoint: ReportedConnection | None) -> _Shell:
    address = local.address(endpoint) if endpoint is not None else None
    if endpoint is None or address is None:
        note = "# no endpoint of this repository has a known path: put the real address here\n"
        return _Shell(note, quoted(f"ws://localhost:{local.port}/ws"))
    before: list[str] = []
    asked = [each for each in _PLACEHOLDER.findall(local.route(endpoint) or "") if each]
    if asked:
        before.append(
            f"# put a real {' and a real '.join(asked)} in place of what stands for it in the address"
        )
    url = quoted(address)
    secret = local.secret_in_url(endpoint)
    if secret:
        before.append("TOKEN=            # the token of a test user")
        url = quoted(address.removesuffix("TOKEN")) + '"$TOKEN"'
    elif any(carrier == "message" for carrier, _ in _credentials(endpoint)):
        before.append(_SIGNS_IN)
    return _Shell("".join(f"{line}\n" for line in before), url)


def trials_of(connections: Sequence[ReportedConnection], local: Local, targets: Targets) -> tuple[Trial, ...]:
    """The tests, in the order in which they find most for least work."""
    endpoint = next((each for each in connections if local.address(each) is not None), None)
    pages = [each for each in connections if each.side == "client" and not each.place.path.endswith(".py")]
    page = f"a page that uses `{one_line(pages[0].name)}`" if pages else "a page that is connected"
    shell = _shell_of(local, endpoint)
    through = shell.url.replace(f":{local.port}/", f":{local.port + 10000}/", 1)
    return (
        Trial(
            "Server restart while clients are connected",
            "Each deployment is one. It shows reconnection, backoff, what was missed, and what the page says meanwhile.",
            f"# open {page}, then\n{_restart(local)}",
            f"The page says that the connection is lost, is connected again within {targets.recovery_seconds:g} s of the "
            "server's return, and shows what happened meanwhile, without a reload. Attempts of two tabs are not in step.",
        ),
        Trial(
            "Slow and broken network (toxiproxy, Chrome DevTools)",
            "Latency reorders and a cut loses; both are the rule on a train.",
            f"toxiproxy-server &\n"
            f"toxiproxy-cli create --listen 127.0.0.1:{local.port + 10000} --upstream 127.0.0.1:{local.port} ws\n"
            f"toxiproxy-cli toxic add --type latency --attribute latency=800 --attribute jitter=400 ws\n"
            f"toxiproxy-cli toxic add --type limit_data --attribute bytes=20000 --toxicName cut ws\n"
            f"# the page, or a client, through the proxy:\n"
            f"{_INSTALL}{shell.before.replace(_SIGNS_IN, _TYPED)}python -m websockets {through}",
            "No message is handled twice or out of order; after each cut the state is that of the server. In Chrome: "
            "Network, throttling “Slow 3G”, then change the route five times: one socket is left.",
        ),
        Trial(
            "Half-open connection",
            "No FIN and no RST arrive: what a lost network looks like to both sides. Only a heartbeat or a deadline "
            "on silence ends it.",
            f"sudo iptables -I INPUT -p tcp --dport {local.port} -j DROP\n"
            f"sleep {targets.heartbeat_interval_seconds + targets.heartbeat_timeout_seconds + 5:g}\n"
            f"ss -tno state established '( sport = :{local.port} )'\n"
            f"sudo iptables -D INPUT -p tcp --dport {local.port} -j DROP",
            f"Within {targets.heartbeat_interval_seconds:g} + {targets.heartbeat_timeout_seconds:g} s both sides have "
            "given the connection up: `ss` lists none, the page says so.",
        ),
        Trial(
            "Many connections at once",
            "Limits, broadcasts and the event loop show only under number.",
            f"{_INSTALL}{shell.before}URL={shell.url} {_STRESS}",
            f"Refusals, if any, have a close code and a reason; a broadcast reaches all; afterwards "
            f"`ss -tn state established '( sport = :{local.port} )' | wc -l` is back at its start.",
        ),
        Trial(
            "Long-running connection (24 hours)",
            "Expired credentials, idle limits of proxies, leaks.",
            f"{_INSTALL}{shell.before}URL={shell.url} {_SOAK}",
            "Each line that ends a connection has a reason that is meant (an expired session, a limit of the proxy), and "
            "the next one opens; the memory of the server's process is level.",
        ),
        Trial(
            "Mobile network (connectivity that comes and goes)",
            "Short gaps in quick succession: timers overlap, sockets race.",
            "for i in $(seq 20); do toxiproxy-cli toggle ws; sleep $((RANDOM % 8 + 1)); done\n"
            "toxiproxy-cli list   # leave it enabled at the end",
            "One connection at the end, not twenty (Network panel, WS); messages sent meanwhile arrived once.",
        ),
    )


def _restart(local: Local) -> str:
    start = local.start
    if start is None:
        return "# stop the server, wait 10 s, start it again (how it is started stands in no file here)"
    if start.service is not None:
        file = f" --file {quoted(start.path)}" if "compose" in start.path else ""
        return f"docker compose{file} restart {quoted(start.service)}"
    return (
        f"# {one_line(start.path)}:{start.line} starts it; stop that, wait 10 s, and start it again:\n"
        f"# {one_line(start.command) or start.server}"
    )


_INSTALL = "python -m pip install --quiet websockets\n"
_STRESS = f"""\
python - <<'EOF'
import asyncio, collections, os, websockets

URL, FIRST = os.environ["URL"], os.environ.get("FIRST")
COUNT, DURATION = int(os.environ.get("COUNT", "{_CLIENTS_OPENED}")), float(os.environ.get("DURATION", "60"))

async def one():
    try:
        async with websockets.connect(URL) as ws:
            if FIRST:
                await ws.send(FIRST)
            try:
                async with asyncio.timeout(DURATION):
                    async for _ in ws:
                        pass
            except TimeoutError:
                return f"open for {{DURATION:g}} s"
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"
    return f"closed with {{ws.close_code}}"

async def main():
    print(*collections.Counter(await asyncio.gather(*(one() for _ in range(COUNT)))).items(), sep="\\n")

asyncio.run(main())
EOF"""
_SOAK = """\
python - <<'EOF' | tee -a soak.log
import asyncio, datetime, os, websockets

URL, FIRST = os.environ["URL"], os.environ.get("FIRST")
DURATION = float(os.environ.get("DURATION", "86400"))

def note(what):
    print(datetime.datetime.now().isoformat(" ", "seconds"), what, flush=True)

async def main():
    while True:
        try:
            async with websockets.connect(URL) as ws:
                note("open")
                if FIRST:
                    await ws.send(FIRST)
                async for _ in ws:
                    pass
            note(f"closed with {ws.close_code} {ws.close_reason}")
        except Exception as error:
            note(f"{type(error).__name__}: {error}")
        await asyncio.sleep(1)

try:
    asyncio.run(asyncio.wait_for(main(), DURATION))
except TimeoutError:
    note("end")
EOF"""
"""`FIRST` is what signs in where the first message does; both run shorter with DURATION set, and fewer with COUNT."""
