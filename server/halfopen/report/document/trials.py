"""The tests that the specification recommends, with commands for the endpoints, ports and services of this repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from halfopen.audit.targets import Targets
from halfopen.report.document.model import Trial
from halfopen.report.document.sections import quoted
from halfopen.report.printable import one_line
from halfopen.report.result import ReportedConnection, ReportedFact, ReportedStart

DEFAULT_PORT = 8000
"""uvicorn's."""
_PLACEHOLDER = re.compile(r"\{[^{}/]*\}")
_ASIDE = re.compile(r"(^|/)(tests?|examples?|docs?|docs_src|samples?|benchmarks?)/")
_CLIENTS_OPENED = 200


@dataclass(frozen=True, slots=True)
class Local:
    """Where a test on this machine would connect. `known` says whether a file names the port."""

    port: int
    start: ReportedStart | None

    def address(self, connection: ReportedConnection) -> str | None:
        """An endpoint's address, its parameters filled in; None where its path is not known."""
        path = path_of(connection)
        return f"ws://localhost:{self.port}{path}" if path is not None else None


def path_of(connection: ReportedConnection) -> str | None:
    """The first path of an endpoint with `1` for each parameter."""
    fact = connection.facts.get("url")
    if connection.side != "server" or not isinstance(fact, ReportedFact) or not fact.known:
        return None
    path = one_line(str(fact.value).split(" or ")[0])
    return _PLACEHOLDER.sub("1", path) if path.startswith("/") else None


def local_of(starts: Sequence[ReportedStart]) -> Local:
    """How the server is started here: one that names its port before others, a service before a bare command."""
    own = [each for each in starts if not _ASIDE.search(each.path)]
    own.sort(key=lambda each: (each.port is None, each.service is None, each.path, each.line))
    start = own[0] if own else None
    return Local(start.port if start is not None and start.port else DEFAULT_PORT, start)


def trials_of(connections: Sequence[ReportedConnection], local: Local, targets: Targets) -> tuple[Trial, ...]:
    """The tests, in the order in which they find most for least work."""
    addresses = [each for one in connections if (each := local.address(one)) is not None]
    pages = [each for each in connections if each.side == "client" and not each.place.path.endswith(".py")]
    clients = [one_line(each.name) for each in pages]
    known = addresses[0] if addresses else None
    url = quoted(known or f"ws://localhost:{local.port}/ws")
    page = f"a page that uses `{clients[0]}`" if clients else "a page that is connected"
    note = "" if known else "# no endpoint of this repository has a known path: put the real address here\n"
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
            f"# the page, or a client, through the proxy:\n{note}"
            f"websocat -v {url.replace(f':{local.port}', f':{local.port + 10000}')}",
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
            _stress(known, local),
            f"Refusals, if any, have a close code and a reason; a broadcast reaches all; afterwards "
            f"`ss -tn state established '( sport = :{local.port} )' | wc -l` is back at its start.",
        ),
        Trial(
            "Long-running connection (24 hours)",
            "Expired credentials, idle limits of proxies, leaks.",
            f"{note}timeout 24h websocat -tv {url} 2>&1 | ts >> soak.log &\n"
            f"while sleep 60; do echo \"$(date -Is) $(ss -tn state established '( sport = :{local.port} )' | wc -l)\"; "
            "done >> connections.log",
            "The connection ends only for a reason that the log names; number of connections and memory of the process "
            "are level.",
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


def _stress(address: str | None, local: Local) -> str:
    url = address or f"ws://localhost:{local.port}/ws"
    return (
        "pip install websockets\n"
        f"URL={quoted(url)} python - <<'EOF'\n"
        "import asyncio, collections, os, websockets\n"
        "\n"
        "async def one():\n"
        "    try:\n"
        '        async with websockets.connect(os.environ["URL"]) as ws:\n'
        "            await asyncio.wait_for(ws.wait_closed(), 60)\n"
        "    except TimeoutError:\n"
        '        return "open for 60 s"\n'
        "    except Exception as error:\n"
        "        return type(error).__name__\n"
        '    return f"closed with {ws.close_code}"\n'
        "\n"
        "async def main():\n"
        f"    print(collections.Counter(await asyncio.gather(*(one() for _ in range({_CLIENTS_OPENED})))))\n"
        "\n"
        "asyncio.run(main())\n"
        "EOF"
    )
