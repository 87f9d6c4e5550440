"""A server on this machine that answers huggingface_hub as the Hugging Face hub does, in part."""

import base64
import contextlib
import hashlib
import http.server
import json
import pathlib
import tempfile
import threading
import urllib.parse
from unittest import mock

from huggingface_hub import constants

TOKEN = "hf_stand_in"


class Hub:
    """Repositories in memory: {name: {path: content}}; only the newest state of each is kept.

    Attributes:
      repositories: The files by repository and path.
      private: The names of repositories that were made private.
      asked: "METHOD path" of every request.
      refuses: Statuses to answer uploads with, by repository.
    """

    def __init__(self):
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: set[str] = set()
        self.refuses: dict[str, int] = {}
        self.asked: list[str] = []

    def commit(self, repository):
        """Returns what names the state of a repository."""
        files = sorted(self.repositories[repository].items())
        return hashlib.sha1(repr(files).encode()).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self):
        self._get()

    def do_GET(self):
        self._get()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self._path()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid username or password."})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            name = "/".join(filter(None, (asked.get("organization"), asked["name"])))
            if name in self.hub.refuses:
                self._answer(self.hub.refuses[name], {"error": "You may not."})
                return
            known = name in self.hub.repositories
            self.hub.repositories.setdefault(name, {})
            if asked.get("private") or asked.get("visibility") == "private":
                self.hub.private.add(name)
            self._answer(409 if known else 200, {"url": f"{self._endpoint()}/{name}"})
        elif path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": None}
                for file in json.loads(body)["files"]
            ]
            self._answer(200, {"files": files})
        elif "/commit/" in path:
            self._commit(path.removeprefix("/api/models/").partition("/commit/")[0], body)
        else:
            self._answer(404, {"error": path})

    def _commit(self, repository, body):
        files = self.hub.repositories[repository]
        for line in body.splitlines():
            operation = json.loads(line)
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
        url = f"{self._endpoint()}/{repository}/commit/{self.hub.commit(repository)}"
        self._answer(200, {"commitUrl": url, "commitOid": self.hub.commit(repository)})

    def _get(self):
        path = self._path()
        if path.startswith("/api/models/"):
            repository, _, rest = self._split(path.removeprefix("/api/models/"))
            if not self._check(repository, rest.partition("/")[2] or None):
                return
            names = sorted(self.hub.repositories[repository])
            if rest.startswith("tree/"):
                files = self.hub.repositories[repository]
                self._answer(200, [
                    {"type": "file", "path": n, "size": len(files[n]), "oid": "0" * 40}
                    for n in names
                ])  # fmt: skip
                return
            siblings = [{"rfilename": name} for name in names]
            about = {"id": repository, "sha": self.hub.commit(repository), "siblings": siblings}
            self._answer(200, {**about, "private": False, "tags": [], "downloads": 0, "likes": 0})
            return
        repository, _, rest = self._split(path.lstrip("/"))
        verb, revision, file = (*rest.split("/", 2), "", "")[:3]
        if verb != "resolve" or not self._check(repository, revision):
            return
        content = self.hub.repositories[repository].get(file)
        commit = {"X-Repo-Commit": self.hub.commit(repository)}
        if content is None:
            self._answer(404, {}, {**commit, "X-Error-Code": "EntryNotFound"})
            return
        etag = f'"{hashlib.sha1(content).hexdigest()}"'
        self._send(200, content, {**commit, "ETag": etag, "Content-Type": "application/octet"})

    def _check(self, repository, revision):
        """Returns whether there is such a revision; answers with an error if not."""
        if repository not in self.hub.repositories:
            self._answer(401, {}, {"X-Error-Code": "RepoNotFound"})
            return False
        if revision not in (None, "main", "v1.0", self.hub.commit(repository)):
            self._answer(404, {}, {"X-Error-Code": "RevisionNotFound"})
            return False
        return True

    def _split(self, path):
        user, name, rest = (*path.split("/", 2), "", "")[:3]
        return f"{user}/{name}", name, rest

    def _path(self):
        self.hub.asked.append(f"{self.command} {self.path}")
        return urllib.parse.unquote(self.path.partition("?")[0])

    def _endpoint(self):
        return f"http://{self.headers['Host']}"

    def _answer(self, status, content, headers=()):
        headers = {"Content-Type": "application/json", **dict(headers)}
        self._send(status, json.dumps(content).encode(), headers)

    def _send(self, status, content, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def started():
    """Serves a `Hub` on a free port; huggingface_hub asks it, with a cache of its own."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as cache, contextlib.ExitStack() as stack:
        environment = {"HF_ENDPOINT": endpoint, "HF_TOKEN": TOKEN}
        stack.enter_context(mock.patch.dict("os.environ", environment))
        for name, value in {
            "ENDPOINT": endpoint,
            "HF_HUB_CACHE": cache,
            "HUGGINGFACE_CO_URL_TEMPLATE": endpoint + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_TOKEN_PATH": str(pathlib.Path(cache) / "token"),
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_DISABLE_PROGRESS_BARS": True,
        }.items():
            stack.enter_context(mock.patch.object(constants, name, value))
        try:
            yield hub
        finally:
            server.shutdown()
            server.server_close()
