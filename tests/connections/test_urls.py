"""The address of a client, in the forms in which people write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Confidence, Known
from halfopen.connections.urls import Url

from .finding import dossiers


def client(root: Path, body: str, **files: str) -> Dossier:
    others = {name.replace("__", "/") + ".ts": text for name, text in files.items()}
    _, made = dossiers(root, {"src/client.ts": body, **others})
    [one] = [each for each in made if each.connection.side == "client"]
    return one


def urls(root: Path, body: str, **files: str) -> list[Url]:
    found = client(root, body, **files).urls
    assert found is not None
    return list(found.urls)


@pytest.mark.parametrize(
    ("code", "scheme", "host_kind", "host", "path"),
    [
        ("new WebSocket('wss://h.example.com/ws/a')", "wss", "known", "h.example.com", "/ws/a"),
        ("new WebSocket('ws://localhost:8000')", "ws", "known", "localhost:8000", "/"),
        ("new WebSocket('/ws')", None, "page", "{the page's host}", "/ws"),
        ("new WebSocket('https://h/ws')", "wss", "known", "h", "/ws"),
        ("new WebSocket(`ws://${location.host}/ws`)", "ws", "page", "{the page's host}", "/ws"),
        ("new WebSocket('ws://' + window.location.host + '/ws/' + id)", "ws", "page", "{the page's host}", "/ws/{id}"),
        ("new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`)", None, "page", "{the page's host}", "/ws"),
        ("new WebSocket('http://h/api'.replace('http', 'ws') + '/x')", "ws", "known", "h", "/api/x"),
        ("new WebSocket('https://h/api'.replace(/^http/, 'ws'))", "wss", "known", "h", "/api"),
        ("new WebSocket(new URL('/ws/a', window.location.href))", None, "page", "{the page's host}", "/ws/a"),
        ("new WebSocket(new URL('ws', 'wss://h/base').toString())", "wss", "known", "h", "/ws"),
        ("new WebSocket(`${import.meta.env.VITE_WS_URL}/ws`)", None, "setting", "{VITE_WS_URL}", "/{base}/ws"),
        ("new WebSocket(process.env.NEXT_PUBLIC_WS + '/ws')", None, "setting", "{NEXT_PUBLIC_WS}", "/{base}/ws"),
        ("new WebSocket(`wss://${process.env.NEXT_PUBLIC_HOST}/ws`)", "wss", "setting", "{NEXT_PUBLIC_HOST}", "/{base}/ws"),
        ("new WebSocket(`${fetchBase()}/ws`)", None, "unknown", "{fetchBase()}", "/{base}/ws"),
    ],
)  # fmt: skip
def test_forms_of_an_address(
    tmp_path: Path, code: str, scheme: str | None, host_kind: str, host: str, path: str
) -> None:
    [url] = urls(tmp_path, f"export function open(id: string) {{\n  return {code};\n}}\n")
    assert (url.scheme, url.host_kind, url.host, url.path_text) == (scheme, host_kind, host, path)


def test_the_scheme_that_follows_the_page_is_one_address(tmp_path: Path) -> None:
    body = """
        const protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
        export const socket = new WebSocket(`${protocol}//${window.location.host}/ws`);
        """
    [url] = urls(tmp_path, body)
    assert (url.scheme, url.host_kind, url.path_text) == ("page", "page", "/ws")


def test_a_setting_with_a_default_is_two_addresses_and_names_the_setting(tmp_path: Path) -> None:
    one = client(
        tmp_path,
        """
        const BASE = import.meta.env.VITE_WS_URL || "ws://localhost:8000";
        export const socket = new WebSocket(`${BASE}/ws/chat`);
        """,
    )
    assert one.urls is not None
    assert [each.text for each in one.urls.urls] == ["{VITE_WS_URL}/ws/chat", "ws://localhost:8000/ws/chat"]
    assert one.urls.settled_by == ("the value of VITE_WS_URL: a .env file or the build's environment",)
    assert isinstance(one.url, Known)
    assert one.url.confidence is Confidence.MEDIUM


def test_constants_and_helpers_of_other_files_are_followed_with_their_arguments(tmp_path: Path) -> None:
    body = """
        import { socketUrl } from "./lib/address";
        export const a = () => new WebSocket(socketUrl("traffic", 3));
        """
    helper = """
        import { HOST } from "./host";
        export function socketUrl(channel: string, shard: number): string {
          return `wss://${HOST}/ws/${channel}/${shard}`;
        }
        """
    [url] = urls(tmp_path, body, src__lib__address=helper, src__lib__host='export const HOST = "h:1";')
    assert url.text == "wss://h:1/ws/traffic/3"


def test_a_parameter_takes_what_callers_give_and_its_default(tmp_path: Path) -> None:
    body = """
        export function useLive(url = "ws://h/ws/default") {
          useEffect(() => { const ws = new WebSocket(url); return () => ws.close(); }, [url]);
        }
        export function Panel() { useLive("ws://h/ws/panel"); return null; }
        """
    assert {each.text for each in urls(tmp_path, body)} == {"ws://h/ws/default", "ws://h/ws/panel"}


def test_a_property_is_what_the_elements_give(tmp_path: Path) -> None:
    body = """
        const ADDRESS = import.meta.env.VITE_WS_URL || "ws://localhost:8084/ws";
        const Live: React.FC<{ url: string; room: string }> = ({ url, room }) => {
          useEffect(() => { const ws = new WebSocket(`${url}/${room}`); return () => ws.close(); }, [url]);
          return <p>{room}</p>;
        };
        export const Page = ({ room }: { room: string }) => <Live url={ADDRESS} room={room} />;
        """
    _, made = dossiers(tmp_path, {"src/Live.tsx": body})
    assert made[0].urls is not None
    assert {each.text for each in made[0].urls.urls} == {
        "{VITE_WS_URL}/{room}",
        "ws://localhost:8084/ws/{room}",
    }


def test_a_state_is_what_it_is_set_to(tmp_path: Path) -> None:
    body = """
        export function Call({ room }: { room: string }) {
          const [url, setUrl] = useState<string | null>(null);
          useEffect(() => setUrl("wss://h.example.com/v1/call/" + room), [room]);
          useEffect(() => {
            if (!url) return;
            const ws = new WebSocket(url);
            return () => ws.close();
          }, [url]);
          return null;
        }
        """
    [url] = urls(tmp_path, body)
    assert url.text == "wss://h.example.com/v1/call/{room}"


def test_fields_of_a_class_are_followed_to_the_constructor_s_caller(tmp_path: Path) -> None:
    body = """
        class Feed {
          private socket: WebSocket | null = null;
          constructor(private base: string) {}
          open() { this.socket = new WebSocket(this.base + "/feed"); }
        }
        export const feed = new Feed("wss://h/v1");
        """
    [url] = urls(tmp_path, body)
    assert url.text == "wss://h/v1/feed"


def test_destructured_location_and_parameters_of_the_query(tmp_path: Path) -> None:
    body = """
        export function open(token: string) {
          const { host } = window.location;
          return new WebSocket(`wss://${host}/ws?token=${token}&v=2`);
        }
        """
    one = client(tmp_path, body)
    assert one.urls is not None
    [url] = one.urls.urls
    assert (url.path_text, url.query) == ("/ws", ("token", "v"))
    assert one.urls.settled_by == ()


def test_query_parameters_set_on_a_url_object_are_known(tmp_path: Path) -> None:
    body = """
        export function open(token: string) {
          const url = new URL("/ws", window.location.href);
          url.searchParams.set("access_token", token);
          return new WebSocket(url);
        }
        """
    [url] = urls(tmp_path, body)
    assert (url.path_text, url.query) == ("/ws", ("access_token",))


def test_parts_assigned_to_a_url_object_are_part_of_it(tmp_path: Path) -> None:
    body = """
        export function open() {
          const url = new URL(window.location.href);
          url.protocol = "wss:";
          url.pathname = "/ws/live";
          return new WebSocket(url.toString());
        }
        """
    [url] = urls(tmp_path, body)
    assert (url.scheme, url.host_kind, url.path_text) == ("wss", "page", "/ws/live")


def test_text_added_to_an_address_is_part_of_it(tmp_path: Path) -> None:
    body = """
        export function open(token?: string) {
          let url = "ws://h/ws";
          if (token) url += `?token=${token}`;
          return new WebSocket(url);
        }
        """
    [url] = urls(tmp_path, body)
    assert url.query == ("token",)


@pytest.mark.parametrize(
    "code",
    [
        "let u = u + '/x'; export const s = new WebSocket(u);",
        "const a = () => b(); const b = () => a(); export const s = new WebSocket(a());",
        "export const s = new WebSocket();",
        "export const s = new WebSocket(...args);",
        "export const s = new WebSocket(`${`${`${x}`}`}`);",
        "export const s = new WebSocket(''.replace(/(a+)+$/, '') + '//');",
        "export const s = new WebSocket([..." + "'ws://'" + "].join(''));",
    ],
)
def test_odd_shapes_are_read_without_failing(tmp_path: Path, code: str) -> None:
    assert client(tmp_path, code).urls is not None


def test_the_address_may_come_from_a_function_that_the_constructor_is_given(tmp_path: Path) -> None:
    body = """
        export class Live {
          readonly #address: () => Promise<string | null>;
          constructor(address: () => Promise<string | null>) {
            this.#address = address;
          }
          async connect() {
            const address = await this.#address();
            if (address !== null) this.open(address);
          }
          private open(address: string) {
            new WebSocket(address);
          }
        }
        """
    page = """
        import { Live } from "./client";

        async function address(): Promise<string | null> {
          const ticket = await fetchTicket();
          if (ticket === null) return null;
          const url = new URL("/ws", window.location.href.replace(/^http/, "ws"));
          url.searchParams.set("ticket", ticket);
          return url.href;
        }
        export const live = new Live(address);
        """
    test = 'import { Live } from "./client";\nnew Live(async () => "ws://made.up/of/a/test");\n'
    [url] = urls(tmp_path, body, src__page=page, **{"src__client.test": test})
    assert (url.host_kind, url.path_text) == ("page", "/ws")


MADE_ELSEWHERE = """
    export async function roomUrl(room: string): Promise<string> {
      const ticket = await (await fetch("/api/ticket")).text();
      const url = new URL(`/ws/rooms/${room}`, window.location.href);
      url.protocol = url.protocol.replace("http", "ws");
      url.searchParams.set("ticket", ticket);
      return url.toString();
    }
    """


@pytest.mark.parametrize(
    "body",
    [
        "export const open = async (room: string) => new WebSocket(await roomUrl(room));",
        "export async function open(room: string) { const url = await roomUrl(room); return new WebSocket(url); }",
        "export function open(room: string) { roomUrl(room).then((url) => { const socket = new WebSocket(url); }); }",
    ],
)
def test_an_address_that_an_async_function_makes_is_known_with_its_query(tmp_path: Path, body: str) -> None:
    [url] = urls(tmp_path, 'import { roomUrl } from "./address";\n' + body, src__address=MADE_ELSEWHERE)
    assert (url.host_kind, url.path_text, url.query) == ("page", "/ws/rooms/{room}", ("ticket",))
    assert not url.is_open
