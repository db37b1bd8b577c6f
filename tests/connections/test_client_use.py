"""Which clients nothing of an application uses, told by what its modules import."""

from __future__ import annotations

from pathlib import Path

import pytest

from .finding import dossiers

MAIN = """
import { createRoot } from "react-dom/client";
import App from "./App";

createRoot(document.getElementById("root")!).render(<App />);
"""
APP = "export default function App() { return <main />; }"
CLASS = """
class Live {
  open() { this.ws = new WebSocket("wss://api.example/live"); }
  close() { this.ws.close(); }
}
export const live = new Live();
"""
HOOK = """
import { useEffect } from "react";
export function useLive() {
  useEffect(() => {
    const ws = new WebSocket("wss://api.example/live");
    return () => ws.close();
  }, []);
}
"""
STORE = """
import { create } from "zustand";
export const useLive = create((set) => ({
  open: () => set({ ws: new WebSocket("wss://api.example/live") }),
}));
"""
SCRIPT = """
const ws = new WebSocket("wss://api.example/live");
ws.onmessage = (event) => console.log(event.data.length);
"""


PAGE = """
<html><body><script>
const ws = new WebSocket("ws://" + location.host + "/live");
ws.onmessage = (event) => { document.title = event.data; };
</script></body></html>
"""
SERVES = 'from pathlib import Path\nPAGE = Path(__file__).with_name("try.html").read_text()\n'
MOUNTS = 'app.mount("/", StaticFiles(directory="app"))\n'


@pytest.mark.parametrize(
    ("files", "used"),
    [
        ({"src/live.ts": CLASS}, False),
        ({"src/live.ts": STORE}, False),
        ({"src/pages/Chat/hooks/useLive.ts": HOOK}, False),
        ({"src/live.ts": CLASS, "src/live.test.ts": 'import { live } from "./live";'}, False),
        (
            {"src/live.ts": CLASS, "src/old/live.ts": STORE, "src/App.tsx": 'import "./old/live";' + APP},
            False,
        ),
        ({"src/live.ts": CLASS, "src/App.tsx": 'import { live } from "./live";' + APP}, None),
        ({"src/live.ts": CLASS, "src/App.tsx": 'import "./live";' + APP}, None),
        ({"src/live.ts": CLASS, "src/App.tsx": 'import { live } from "@/live";' + APP}, None),
        ({"src/live.ts": CLASS, "src/App.tsx": 'const later = () => import("./live");' + APP}, None),
        (
            {
                "src/live/index.ts": 'export * from "./price-feed";',
                "src/live/price-feed.ts": CLASS,
                "src/App.tsx": 'import { live } from "./live";' + APP,
            },
            None,
        ),
        (
            {"src/live.ts": CLASS, "src/App.tsx": 'new Worker(new URL("./live.ts", import.meta.url));' + APP},
            None,
        ),
        ({"src/preload.ts": CLASS}, None),
        ({"public/live.js": SCRIPT}, None),
        ({"src/live.ts": CLASS, "src/main.tsx": APP}, None),
    ],
)
def test_a_module_that_nothing_imports_runs_nowhere(
    tmp_path: Path, files: dict[str, str], used: bool | None
) -> None:
    _, found = dossiers(tmp_path, {"src/main.tsx": MAIN, "src/App.tsx": APP, **files})
    first = next(each for each in found if each.connection.site.path == next(iter(files)) or len(found) == 1)
    assert (first.reachable.value if first.reachable is not None else None) is used


@pytest.mark.parametrize(
    ("files", "used"),
    [
        ({"app/__init__.py": "", "app/main.py": ""}, False),
        ({"app/__init__.py": "", "app/main.py": SERVES}, None),
        ({"app/__init__.py": "", "app/main.py": MOUNTS}, None),
        ({}, None),
    ],
)
def test_a_page_beside_the_servers_modules_that_nothing_names_is_for_a_try_by_hand(
    tmp_path: Path, files: dict[str, str], used: bool | None
) -> None:
    _, [page] = dossiers(tmp_path, {"src/main.tsx": MAIN, "src/App.tsx": APP, "app/try.html": PAGE, **files})
    assert (page.reachable.value if page.reachable is not None else None) is used


def test_a_page_may_be_the_product_where_there_is_no_other(tmp_path: Path) -> None:
    _, [page] = dossiers(tmp_path, {"app/__init__.py": "", "app/main.py": "", "app/try.html": PAGE})
    assert page.reachable is None
