"""Which files are deployment files, and the one function that reads any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, get_args

from halfopen.deployment.compose import read_compose
from halfopen.deployment.dockerfile import read_dockerfile
from halfopen.deployment.environment import read_env_file
from halfopen.deployment.facts import DeploymentFacts, Problem
from halfopen.deployment.kubernetes import read_kubernetes
from halfopen.deployment.lock_files import (
    read_bun_lock,
    read_package_lock,
    read_pipfile_lock,
    read_pnpm_lock,
    read_toml_lock,
    read_yarn_lock,
)
from halfopen.deployment.nginx import IncludedFiles, read_nginx
from halfopen.deployment.package_json import read_package_json
from halfopen.deployment.platforms import (
    read_app_engine,
    read_fly,
    read_heroku,
    read_presence,
    read_railway,
    read_render,
    read_serverless,
)
from halfopen.deployment.proxies import read_caddyfile, read_haproxy
from halfopen.deployment.python_requirements import (
    read_pipfile,
    read_pyproject,
    read_requirements,
    read_setup_cfg,
)
from halfopen.deployment.scripts import (
    read_makefile,
    read_procfile,
    read_shell_script,
    read_supervisor,
    read_systemd_unit,
)
from halfopen.deployment.settings_files import read_gunicorn_settings, read_hypercorn_settings

FileKind = Literal[
    "nginx", "compose", "dockerfile", "procfile", "systemd", "supervisor", "kubernetes", "caddyfile",
    "haproxy", "shell", "makefile", "env", "gunicorn-settings", "hypercorn-settings", "fly", "render",
    "heroku", "app-engine", "serverless", "railway", "cloudflare", "vercel", "requirements", "pyproject",
    "setup-cfg", "pipfile", "pipfile-lock", "toml-lock", "package-json", "package-lock", "yarn-lock",
    "pnpm-lock", "bun-lock",
]  # fmt: skip

# In order: the first pattern that matches the whole path, in lower case, decides.
_PATTERNS: tuple[tuple[str, FileKind], ...] = (
    (r"(?:.*/)?(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml(?:\.j2|\.tpl)?", "compose"),
    (r"(?:.*/)?(?:docker|container)file(?:[.-][\w.-]+)?", "dockerfile"),
    (r"(?:.*/)?[\w.-]+\.dockerfile", "dockerfile"),
    (r"(?:.*/)?procfile(?:\.[\w-]+)?", "procfile"),
    (r"(?:.*/)?[\w@.-]+\.service(?:\.j2|\.tpl)?", "systemd"),
    (r"(?:.*/)?supervisord?(?:[.-][\w-]+)*\.(?:conf|ini)", "supervisor"),
    (r"(?:.*/)?caddyfile(?:\.[\w-]+)?", "caddyfile"),
    (r"(?:.*/)?[\w.-]+\.caddyfile", "caddyfile"),
    (r"(?:.*/)?haproxy[\w.-]*\.cfg(?:\.j2|\.tpl)?", "haproxy"),
    (r"(?:.*/)?[\w.-]*nginx[\w.-]*\.(?:conf|template|tmpl|tpl|j2)(?:\.(?:template|tmpl|tpl|j2))?", "nginx"),
    (r"(?:.*/)?[\w.-]+\.nginx", "nginx"),
    (r"(?:.*/)?(?:default|proxy|websocket|upstream)[\w.-]*\.conf(?:\.(?:template|tmpl|tpl|j2))?", "nginx"),
    (r"(?:.*/)?[\w.-]+\.conf\.(?:template|tmpl)", "nginx"),
    (
        r"(?:.*/)?(?:[\w.-]*nginx[\w.-]*|conf\.d)/(?:[^/]+/)*[\w.-]+\.(?:conf|inc|template|tmpl|tpl|j2)",
        "nginx",
    ),
    (r"(?:.*/)?(?:sites-available|sites-enabled)/[\w.-]+", "nginx"),
    (r"(?:.*/)?(?:gnu)?makefile|(?:.*/)?\.?justfile|(?:.*/)?[\w.-]+\.mk", "makefile"),
    (r"(?:.*/)?[\w.-]+\.(?:sh|bash)", "shell"),
    (r"(?:.*/)?(?:docker-)?entrypoint", "shell"),
    (r"(?:.*/)?\.env(?:\.[\w.-]+)?", "env"),
    (r"(?:.*/)?gunicorn[\w.-]*\.py", "gunicorn-settings"),
    (r"(?:.*/)?hypercorn[\w.-]*\.toml", "hypercorn-settings"),
    (r"(?:.*/)?fly(?:\.[\w-]+)*\.toml", "fly"),
    (r"(?:.*/)?render\.ya?ml", "render"),
    (r"(?:.*/)?heroku\.ya?ml", "heroku"),
    (r"(?:.*/)?app\.ya?ml", "app-engine"),
    (r"(?:.*/)?serverless\.ya?ml", "serverless"),
    (r"(?:.*/)?(?:railway\.(?:toml|json)|nixpacks\.toml)", "railway"),
    (r"(?:.*/)?wrangler\.(?:toml|jsonc?)", "cloudflare"),
    (r"(?:.*/)?vercel\.json", "vercel"),
    (r"(?:.*/)?[\w.-]*requirements?[\w.-]*\.(?:txt|in)", "requirements"),
    (r"(?:.*/)?(?:requirements?|reqs)/[\w.-]+\.(?:txt|in)", "requirements"),
    (r"(?:.*/)?constraints?[\w.-]*\.txt", "requirements"),
    (r"(?:.*/)?pyproject\.toml", "pyproject"),
    (r"(?:.*/)?setup\.cfg", "setup-cfg"),
    (r"(?:.*/)?pipfile", "pipfile"),
    (r"(?:.*/)?pipfile\.lock", "pipfile-lock"),
    (r"(?:.*/)?(?:poetry|uv|pdm)\.lock|(?:.*/)?pylock(?:\.[\w-]+)?\.toml", "toml-lock"),
    (r"(?:.*/)?package\.json", "package-json"),
    (r"(?:.*/)?(?:package-lock|npm-shrinkwrap)\.json", "package-lock"),
    (r"(?:.*/)?yarn\.lock", "yarn-lock"),
    (r"(?:.*/)?pnpm-lock\.yaml", "pnpm-lock"),
    (r"(?:.*/)?bun\.lock", "bun-lock"),
    # Any other YAML outside of hidden folders may be a manifest; the reader looks at apiVersion.
    (r"(?!(?:.*/)?\.)(?:.*/)?[\w.-]+\.ya?ml", "kubernetes"),
)
_RECOGNISED = re.compile("|".join(f"(?P<k{index}>{pattern})" for index, (pattern, _) in enumerate(_PATTERNS)))


def which_file(path: str) -> FileKind | None:
    """The kind of deployment file that a path names, or None. Only the name is looked at."""
    match = _RECOGNISED.fullmatch(path.replace("\\", "/").lower())
    if match is None or match.lastgroup is None:
        return None
    return _PATTERNS[int(match.lastgroup[1:])][1]


_READERS: Mapping[FileKind, Callable[[str, str], DeploymentFacts]] = {
    "compose": read_compose,
    "dockerfile": read_dockerfile,
    "procfile": read_procfile,
    "systemd": read_systemd_unit,
    "supervisor": read_supervisor,
    "kubernetes": read_kubernetes,
    "caddyfile": read_caddyfile,
    "haproxy": read_haproxy,
    "shell": read_shell_script,
    "makefile": read_makefile,
    "env": read_env_file,
    "gunicorn-settings": read_gunicorn_settings,
    "hypercorn-settings": read_hypercorn_settings,
    "fly": read_fly,
    "render": read_render,
    "heroku": read_heroku,
    "app-engine": read_app_engine,
    "serverless": read_serverless,
    "railway": read_railway,
    "cloudflare": lambda path, _: read_presence("cloudflare", path),
    "vercel": lambda path, _: read_presence("vercel", path),
    "requirements": read_requirements,
    "pyproject": read_pyproject,
    "setup-cfg": read_setup_cfg,
    "pipfile": read_pipfile,
    "pipfile-lock": read_pipfile_lock,
    "toml-lock": read_toml_lock,
    "package-json": read_package_json,
    "package-lock": read_package_lock,
    "yarn-lock": read_yarn_lock,
    "pnpm-lock": read_pnpm_lock,
    "bun-lock": read_bun_lock,
}


def read(
    path: str, text: str, *, kind: FileKind | None = None, included: IncludedFiles | None = None
) -> DeploymentFacts:
    """The facts of one deployment file. Never raises: what cannot be read is a `Problem`.

    `kind` is by default what `which_file` says; a file of no kind has no facts. `included` gives
    the files that an nginx `include` names.
    """
    kind = kind or which_file(path)
    if kind is None:
        return DeploymentFacts()
    reader = partial(_read_nginx, included=included) if kind == "nginx" else _READERS[kind]
    return reader(path, text.removeprefix("\ufeff"))


def _read_nginx(path: str, text: str, *, included: IncludedFiles | None) -> DeploymentFacts:
    config, faults = read_nginx(path, text, included)
    problems = tuple(Problem(path, fault.line, fault.message) for fault in faults)
    return DeploymentFacts(nginx=(config,) if config.servers else (), problems=problems)


FILE_KINDS: tuple[FileKind, ...] = get_args(FileKind)
