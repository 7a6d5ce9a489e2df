"""`j2a models fetch` against a hub on loopback: only what is needed, resumed, checked, and clear when it cannot be."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

J2A = str(Path(sys.executable).parent / "j2a")
REVISION = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """One repository, as huggingface_hub asks for it."""

    def __init__(self) -> None:
        self.files = {
            "config.json": b'{"architectures": ["MistralForCausalLM"]}',
            "tokenizer.json": b"{}",
            "model.safetensors": bytes(range(256)) * 90_000,  # 23 MB: the hub's library writes 10 MB at a time
            "pytorch_model.bin": b"pickle " * 1000,
            "consolidated.safetensors": b"again" * 1000,
            "onnx/model.onnx": b"another",
        }
        self.sent: list[tuple[str, str]] = []  # (file, Range header) of every download
        self.break_after: int | None = None  # position in the weights at which nothing more comes
        self.over = threading.Event()
        self.status = 200
        self.damage = b""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = request.path.partition("?")[0]
        if self.status != 200:
            self.send(
                request, b'{"error": "no"}', {"X-Error-Code": "GatedRepo"} if self.status == 403 else {}, self.status
            )
        elif path.startswith("/api/models/org/tiny/tree/"):
            self.send(request, self.tree(), {"Content-Type": "application/json"})
        elif path.startswith("/api/models/org/tiny"):
            self.send(request, self.description(), {"Content-Type": "application/json"})
        elif found := re.fullmatch(r"/org/tiny/resolve/[^/]+/(.+)", path):
            self.send_file(request, found[1], body)
        else:
            self.send(request, b"{}", {"X-Error-Code": "RepoNotFound"}, 404)

    def description(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            digest = hashlib.sha256(content).hexdigest()
            lfs = {"sha256": digest, "size": len(content), "pointerSize": 130}
            large = {} if name.endswith(".json") else {"lfs": lfs}
            siblings.append({"rfilename": name, "size": len(content), "blobId": digest[:40], **large})
        return json.dumps({"id": "org/tiny", "modelId": "org/tiny", "sha": REVISION, "siblings": siblings}).encode()

    def tree(self) -> bytes:
        entries = []
        for name, content in self.files.items():
            digest = hashlib.sha256(content).hexdigest()
            large = {} if name.endswith(".json") else {"lfs": {"oid": digest, "size": len(content), "pointerSize": 130}}
            entries.append({"type": "file", "path": name, "size": len(content), "oid": digest[:40], **large})
        return json.dumps(entries).encode()

    def send_file(self, request: BaseHTTPRequestHandler, name: str, body: bool) -> None:
        content = self.files[name]
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": REVISION,
            "Accept-Ranges": "bytes",
        }
        if not body:
            self.send(request, content, headers, body=False)
            return
        asked = request.headers.get("Range", "")
        self.sent.append((name, asked))
        start = int(asked.removeprefix("bytes=").partition("-")[0] or 0)
        part = (self.damage or content)[start:] if name.endswith(".safetensors") else content[start:]
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if self.break_after is not None and name == "model.safetensors":
            request.send_response(200)
            for key, value in {**headers, "Content-Length": str(len(part))}.items():
                request.send_header(key, value)
            request.end_headers()
            request.wfile.write(content[start : self.break_after])
            self.over.wait(60)
            request.close_connection = True
            return
        self.send(request, part, headers, 206 if asked else 200)

    def send(
        self,
        request: BaseHTTPRequestHandler,
        content: bytes,
        headers: dict[str, str],
        status: int = 200,
        body: bool = True,
    ) -> None:
        request.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(key, value)
        request.end_headers()
        if body and request.command != "HEAD":
            request.wfile.write(content)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.over.set()
    hub.server.shutdown()
    hub.server.server_close()


def command(hub: Hub, name: str, environment: dict[str, str]) -> dict:
    online = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
    return {"args": [J2A, "models", "fetch", name], "env": {**os.environ, **online, **environment}}


def fetch(hub: Hub, name: str = "org/tiny", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(hub, name, environment), capture_output=True, text=True, timeout=60)


def test_what_is_needed_is_downloaded_and_a_second_time_nothing(hub, j2a_home):
    result = fetch(hub)
    assert result.returncode == 0, result.stderr
    folder = Path(result.stdout.strip())
    assert folder.name == "tiny"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: hub.files[name] for name in ("config.json", "tokenizer.json", "model.safetensors")
    }
    listed = subprocess.run([J2A, "models"], capture_output=True, text=True, timeout=60).stdout
    assert re.search(r"1\.0 +tiny +here", listed)
    hub.sent.clear()
    assert fetch(hub).returncode == 0
    assert hub.sent == []
    (folder / "model.safetensors").write_bytes(b"scratched")
    assert fetch(hub).returncode == 0
    assert [name for name, _ in hub.sent] == ["model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_a_killed_download_is_gone_on_with(hub, j2a_home):
    hub.break_after = 15_000_000
    with subprocess.Popen(**command(hub, "org/tiny", {}), stderr=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in j2a_home.rglob("model.safetensors.*")):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        running.kill()
    assert not list(j2a_home.rglob("models/tiny"))
    hub.break_after = None
    hub.sent.clear()
    result = fetch(hub)
    assert result.returncode == 0, result.stderr
    [asked] = [asked for name, asked in hub.sent if name == "model.safetensors"]
    assert int(asked.removeprefix("bytes=").rstrip("-")) > 0, "it began again"
    assert (Path(result.stdout.strip()) / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_damaged_on_its_way(hub):
    hub.damage = b"x" * len(hub.files["model.safetensors"])
    result = fetch(hub)
    assert result.returncode == 1
    assert "model.safetensors of org/tiny came damaged" in result.stderr


@pytest.mark.parametrize(
    ("name", "environment", "status", "expected"),
    [
        ("org/nothing", {}, 200, "no model org/nothing"),
        ("org/not a name", {}, 200, "no model org/not a name"),
        ("org/tiny", {}, 403, "accept its terms"),
        ("org/tiny", {}, 500, "cannot be reached"),
        ("org/tiny", {"HF_HUB_OFFLINE": "1"}, 200, "HF_HUB_OFFLINE"),
        ("org/tiny", {"HF_ENDPOINT": "http://127.0.0.1:9"}, 200, "cannot be reached"),
    ],
)
def test_what_cannot_be_had_is_one_clear_error_at_once(hub, name, environment, status, expected):
    hub.status = status
    result = fetch(hub, name, **environment)
    assert result.returncode == 3
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["nosuch", "mini", "", "not a name"])
def test_a_name_that_nothing_has_is_told_with_those_there_are(hub, name):
    hub.status = 500  # it is not asked
    result = fetch(hub, name)
    assert result.returncode == 2
    assert "torch" not in result.stderr
    for known in ("7b", "genre", "networks", "by its id"):
        assert known in result.stderr
