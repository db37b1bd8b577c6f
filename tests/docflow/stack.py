"""docflow as people meet it: its built pages and its own nginx configuration, before a uvicorn that can be killed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

DOCFLOW = Path(__file__).parents[2] / "fixtures" / "docflow"
BACKEND = DOCFLOW / "backend"
FRONTEND = DOCFLOW / "frontend"
USER = "ada"
PASSWORD = "correct horse"
START_SECONDS = 60.0

NGINX = """
daemon off;
user root;
pid {here}/nginx.pid;
error_log stderr notice;
events {{ }}
http {{
    types {{ text/html html; text/css css; text/javascript js; }}
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    scgi_temp_path {here}/scgi;
    uwsgi_temp_path {here}/uwsgi;
    include {here}/docflow.conf;
}}
"""


class Program:
    """A program that runs, and what it has said so far."""

    def __init__(self, command: list[str], ready: str, environment: dict[str, str] | None = None) -> None:
        self.said = ""
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(ready,))
        self._reader.start()
        if not self._ready.wait(START_SECONDS) or self._process.poll() is not None:
            self.kill()
            raise AssertionError(f"{command[0]} did not start:\n{self.said}")

    def kill(self) -> None:
        """As a crash ends it: whoever was connected is cut off."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def stop(self) -> None:
        """All that it started ends with it."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def _read(self, ready: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if ready in line:
                self._ready.set()
        self._ready.set()


@dataclass
class Stack:
    here: Path
    port: int = field(default_factory=lambda: free_port())
    server: Program | None = None
    proxy: Program | None = None
    logs: str = ""
    _server_port: int = field(default_factory=lambda: free_port())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def build(self) -> None:
        """The pages, and the proxy's configuration with the places of this machine."""
        command = ["npx", "vite", "build", "--outDir", str(self.here / "pages")]
        done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        shipped = (DOCFLOW / "nginx.conf").read_text(encoding="utf-8")
        for written, here in (
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("http://backend:8000", f"http://127.0.0.1:{self._server_port}"),
            ("/usr/share/nginx/html", str(self.here / "pages")),
            ("/var/log/nginx/access.log", str(self.here / "access.log")),
        ):
            assert shipped.count(written) == 1, written
            shipped = shipped.replace(written, here)
        (self.here / "docflow.conf").write_text(shipped, encoding="utf-8")
        (self.here / "nginx.conf").write_text(NGINX.format(here=self.here), encoding="utf-8")

    def start_proxy(self) -> None:
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        assert nginx is not None, "nginx is missing: `make test` brings it"
        command = [nginx, "-p", str(self.here), "-c", str(self.here / "nginx.conf")]
        self.proxy = Program(command, ready="start worker process ")

    def stop_proxy(self) -> None:
        """Cuts every connection at once."""
        assert self.proxy is not None
        self.proxy.stop()
        self.proxy = None

    def start_server(self, step_seconds: float) -> None:
        """As backend/Dockerfile does."""
        shipped = (BACKEND / "Dockerfile").read_text(encoding="utf-8")
        words = re.findall(r'"([^"]*)"', shipped.split("\nCMD ", 1)[1])
        command = [sys.executable, "-m", *words]
        command[command.index("--host") + 1] = "127.0.0.1"
        command[command.index("--port") + 1] = str(self._server_port)
        settings = {
            "PYTHONPATH": str(BACKEND),
            "DOCFLOW_DATA": str(self.here / "data"),
            "DOCFLOW_ORIGINS": self.url,
            "DOCFLOW_USERS": f"{USER}={self._password_hash()}",
            "DOCFLOW_SECURE_COOKIE": "false",
            "DOCFLOW_STEP_SECONDS": str(step_seconds),
        }
        self.server = Program(command, "Uvicorn running on", {**os.environ, **settings})

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.kill()
        self.logs += self.server.said
        self.server = None

    def stop(self) -> None:
        if self.server is not None:
            self.kill_server()
        if self.proxy is not None:
            self.stop_proxy()

    def _password_hash(self) -> str:
        hashing = "import sys; from docflow.accounts import password_hash; print(password_hash(sys.argv[1], 'salt'))"
        command = [sys.executable, "-c", hashing, PASSWORD]
        done = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
