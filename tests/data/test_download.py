import functools
import gzip
import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from tinyconv.data.download import cache_folder, download_file, download_gzip, is_whole

CONTENT = np.random.default_rng(0).integers(0, 256, 200_000, dtype=np.uint8).tobytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PACKED = gzip.compress(CONTENT)


class Handler(BaseHTTPRequestHandler):
    """Answers each path as the test says; a mirror is a path here."""

    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.answers.get(self.path, lambda handler: handler.send_error(404))(self)

    def log_message(self, *args):
        pass

    def answer(self, body, length=None):
        self.send_response(200)
        if length is not False:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


def sends(body, length=None):
    return lambda handler: handler.answer(body, length)


def hangs(handler):
    handler.server.released.wait(20)
    handler.close_connection = True


def trickles(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(PACKED)))
    handler.end_headers()
    for i in range(len(PACKED)):
        if handler.server.released.wait(0.02):
            return
        handler.wfile.write(PACKED[i : i + 1])
        handler.wfile.flush()


def drips_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.released.wait(0.02):
        handler.wfile.write(b"a")
        handler.wfile.flush()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # a client that hangs up is what some tests are about
    server.requests, server.answers, server.released = [], {}, threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(server, folder, *mirrors, timeout=10.0):
    urls = [f"{server.url}/{mirror}/" for mirror in mirrors]
    return download_gzip("file.gz", folder, urls, SHA256, len(CONTENT), timeout)


def test_the_first_good_mirror_is_enough(server, tmp_path):
    server.answers = {"/a/file.gz": sends(PACKED), "/b/file.gz": sends(PACKED)}
    path = fetch(server, tmp_path / "new" / "folder", "a", "b")
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert server.requests == ["/a/file.gz"]
    assert [p.name for p in path.parent.iterdir()] == ["file.gz"]


def test_a_mirror_that_compresses_otherwise_is_as_good(server, tmp_path):
    server.answers = {"/a/file.gz": sends(gzip.compress(CONTENT, compresslevel=1, mtime=5), length=False)}
    assert gzip.decompress(fetch(server, tmp_path, "a").read_bytes()) == CONTENT


BAD = {
    "not found": (None, r"HTTP Error 404"),
    "html page": (sends(b"<html>Please log in</html>"), r"Not a gzipped file"),
    "other content": (
        sends(gzip.compress(b"other")),
        r"5 bytes with SHA-256 d9298a10.*, expected 200000 with",
    ),
    "truncated": (sends(PACKED[:-100], len(PACKED)), r"ended after \d+ of \d+ bytes"),
    "truncated, no length": (sends(PACKED[:-100], False), r"ended before the end-of-stream marker"),
    "damaged": (sends(PACKED[:-8] + bytes(8)), r"CRC check failed"),
    "empty": (sends(b""), r"0 bytes with SHA-256"),
    "too long": (sends(PACKED + bytes(70_000)), r"sent more than 265536 bytes"),
    "bomb": (sends(gzip.compress(bytes(1 << 24))), r"unpacks to more than the 200000 bytes expected"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_mirror_gives_way_to_the_next(server, tmp_path, case):
    answer, _ = BAD[case]
    server.answers = {"/b/file.gz": sends(PACKED)} | ({"/a/file.gz": answer} if answer else {})
    assert gzip.decompress(fetch(server, tmp_path, "a", "b").read_bytes()) == CONTENT
    assert server.requests == ["/a/file.gz", "/b/file.gz"]
    assert [p.name for p in tmp_path.iterdir()] == ["file.gz"]


@pytest.mark.parametrize("case", BAD)
def test_when_all_mirrors_fail_the_reasons_are_listed_and_nothing_is_left(server, tmp_path, case):
    answer, reason = BAD[case]
    server.answers = {"/a/file.gz": answer} if answer else {}
    with pytest.raises(RuntimeError, match=rf"file.gz could not be downloaded:\n  {server.url}/a/file.gz: .*{reason}"):
        fetch(server, tmp_path, "a")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_file_as_it_was(server, tmp_path):
    (tmp_path / "file.gz").write_bytes(b"earlier")
    with pytest.raises(RuntimeError, match="put it into"):
        fetch(server, tmp_path, "a")
    assert (tmp_path / "file.gz").read_bytes() == b"earlier"


def test_a_mirror_that_is_down(server, tmp_path):
    server.answers = {"/b/file.gz": sends(PACKED)}
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken, so that nobody listens there
        down = f"http://127.0.0.1:{silent.getsockname()[1]}"
        path = download_gzip("file.gz", tmp_path, [down, f"{server.url}/b"], SHA256, len(CONTENT))
    assert gzip.decompress(path.read_bytes()) == CONTENT


@pytest.mark.parametrize(
    ("answer", "timeout", "reason"),
    [
        (hangs, 0.1, "timed out"),
        (trickles, 0.4, "too slow: not complete after 4 seconds"),
        (drips_headers, 0.4, "too slow: not complete after 4 seconds"),
    ],
)
def test_a_mirror_that_keeps_one_waiting(server, tmp_path, answer, timeout, reason):
    server.answers = {"/a/file.gz": answer}
    with pytest.raises(RuntimeError, match=reason):
        fetch(server, tmp_path, "a", timeout=timeout)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(server, tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    server.answers = {"/a/file.gz": sends(PACKED)}
    monkeypatch.setattr("tinyconv.data.download._check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(server, tmp_path, "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["file://", "ftp://127.0.0.1"])
def test_only_the_web_is_a_mirror(tmp_path, scheme):
    with pytest.raises(RuntimeError, match="only http:// and https:// are used"):
        download_gzip("file.gz", tmp_path, [f"{scheme}{tmp_path}"], SHA256, len(CONTENT))


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYCONV_HOME", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TINYCONV_HOME")
    assert cache_folder().parts[-2:] == (".cache", "tinyconv")


def test_a_file_as_it_is(server, tmp_path):
    """Of a plain file the bytes themselves are checked; a mirror with others is passed by."""
    server.answers = {"/bad/file.zip": sends(CONTENT[:-1] + b"?"), "/good/file.zip": sends(CONTENT)}
    mirrors = [f"{server.url}/bad", f"{server.url}/good"]
    path = download_file("file.zip", tmp_path, mirrors, SHA256, len(CONTENT), 10.0)
    assert path.read_bytes() == CONTENT
    assert is_whole(path, SHA256, len(CONTENT))
    path.write_bytes(CONTENT[:-1])
    assert not is_whole(path, SHA256, len(CONTENT))
    with pytest.raises(RuntimeError, match="SHA-256"):
        download_file("file.zip", tmp_path, mirrors[:1], SHA256, len(CONTENT), 10.0)
