"""Fetching is tested against a server on this machine; the real addresses are only checked for their form."""

import gzip
import hashlib
import logging
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
import scipy.io

from rnncourse import datasets
from rnncourse.datasets import public
from rnncourse.datasets.public import PUBLIC, PublicFile, cache_path, fetch

GOOD = b"to be, or not to be\n" * 1000
SHA256 = hashlib.sha256(GOOD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/missing.txt":
            self.send_error(404)
            return
        if self.path == "/silent.txt":
            time.sleep(0.6)
            return
        body = b"<html>please log in</html>" if self.path == "/other.txt" else GOOD
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = self.path in ("/truncated.txt", "/slow.txt")
        self.wfile.write(body[: len(body) // 2] if half else body)
        if self.path == "/slow.txt":
            time.sleep(0.6)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def publish(server, monkeypatch):
    """Put ``example`` among the public files, at a path of the local server or at a whole address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("RNNCOURSE_QUIET", "1")
    monkeypatch.delenv("RNNCOURSE_CACHE", raising=False)

    def put(where: str) -> PublicFile:
        url = where if "://" in where else f"http://127.0.0.1:{server.server_port}/{where}"
        file = PublicFile(
            name="example", url=url, bytes=len(GOOD), sha256=SHA256, what="a line", licence="none", load="None"
        )
        monkeypatch.setitem(PUBLIC, "example", file)
        server.requests.clear()
        return file

    return put


@pytest.fixture
def nobody_listens():
    with socket.socket() as taken:  # bound, but not listening: connecting is refused
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/good.txt"


def test_a_good_file_is_fetched_once_and_then_needs_no_network(publish, server, nobody_listens, tmp_path):
    publish("good.txt")
    path = fetch("example", cache=tmp_path / "new folder")
    assert path == tmp_path / "new folder" / "example.txt"
    assert path.read_bytes() == GOOD
    assert server.requests == ["/good.txt"]
    publish(nobody_listens)
    assert fetch("example", cache=tmp_path / "new folder") == path
    assert [entry.name for entry in path.parent.iterdir()] == ["example.txt"]


def test_a_file_put_there_by_hand_is_used(publish, nobody_listens, tmp_path):
    publish(nobody_listens)
    cache_path("example", cache=tmp_path).write_bytes(GOOD)
    assert fetch("example", cache=tmp_path).read_bytes() == GOOD


def test_the_environment_names_the_cache_and_the_argument_wins(publish, monkeypatch, tmp_path):
    publish("good.txt")
    assert "rnncourse" in str(cache_path("example").parent)
    monkeypatch.setenv("RNNCOURSE_CACHE", str(tmp_path / "from environment"))
    assert fetch("example").parent == tmp_path / "from environment"
    assert fetch("example", cache=tmp_path / "argument").parent == tmp_path / "argument"


def test_a_wrong_checksum_says_what_was_expected_and_received(publish, tmp_path):
    publish("other.txt")
    received = hashlib.sha256(b"<html>please log in</html>").hexdigest()
    with pytest.raises(ValueError, match=f"must send 20000 bytes with sha256 {SHA256}, received 26 bytes.*{received}"):
        fetch("example", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_file_is_not_kept(publish, tmp_path):
    file = publish("truncated.txt")
    with pytest.raises(ConnectionError, match=re.escape(file.url) + " broke off before all 20000 bytes of example"):
        fetch("example", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_page_says_what_the_address_answered(publish, tmp_path):
    file = publish("missing.txt")
    with pytest.raises(ConnectionError, match=re.escape(file.url) + " answered 404 Not Found"):
        fetch("example", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["nobody listens", "nobody answers", "stops half-way"])
def test_without_network_the_error_says_how_to_do_it_by_hand(publish, nobody_listens, monkeypatch, tmp_path, where):
    monkeypatch.setattr(public, "_TIMEOUT", 0.2)
    file = publish(
        {"nobody listens": nobody_listens, "nobody answers": "silent.txt", "stops half-way": "slow.txt"}[where]
    )
    with pytest.raises(ConnectionError, match="cannot be reached: is this computer online") as caught:
        fetch("example", cache=tmp_path)
    assert "No lesson needs this file" in str(caught.value)
    assert f"save {file.url} as {tmp_path / 'example.txt'}" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_fetched_again_and_said_so(publish, tmp_path):
    publish("good.txt")
    path = cache_path("example", cache=tmp_path)
    path.write_bytes(GOOD[:100])
    with pytest.warns(UserWarning, match=r"is damaged .* fetching example again"):
        fetch("example", cache=tmp_path)
    assert path.read_bytes() == GOOD


@pytest.mark.parametrize("where", ["other.txt", "truncated.txt", "missing.txt"])
def test_a_damaged_file_is_never_returned(publish, tmp_path, where):
    publish(where)
    path = cache_path("example", cache=tmp_path)
    path.write_bytes(GOOD[:100])
    with pytest.warns(UserWarning, match="is damaged"), pytest.raises((ValueError, ConnectionError)):
        fetch("example", cache=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["example.txt"]
    assert path.read_bytes() == GOOD[:100]


def test_a_cache_that_cannot_be_written_says_so(publish, tmp_path):
    publish("good.txt")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"cannot be written .* choose another folder with cache= or RNNCOURSE_CACHE"):
        fetch("example", cache=tmp_path / "file")


def test_an_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=r"name must be one of tiny-shakespeare, .*, received 'shakespeare'"):
        fetch("shakespeare")


def test_quiet_prints_nothing_and_people_see_a_bar(publish, monkeypatch, tmp_path, capfd, caplog):
    publish("good.txt")
    with caplog.at_level(logging.INFO):
        fetch("example", cache=tmp_path / "quiet")
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name == "pooch"]
    monkeypatch.setattr(public, "is_quiet", lambda: False)
    fetch("example", cache=tmp_path / "loud")
    assert "100%" in capfd.readouterr().err


def test_what_is_listed_is_whole():
    assert len(PUBLIC) == 11
    assert len({file.filename for file in PUBLIC.values()}) == len({file.sha256 for file in PUBLIC.values()}) == 11
    for name, file in PUBLIC.items():
        assert file.name == name
        assert re.fullmatch(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/\S+", file.url)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.bytes > 10_000
        assert file.what and file.licence and "\n" not in file.what
    assert PUBLIC["exchange-rates"].filename == "exchange-rates.txt.gz"


def _chorales(path: Path) -> None:
    scipy.io.savemat(path, {"traindata": numpy.eye(88)})


SAMPLES = {
    "tiny-shakespeare": (b"First Citizen:\n" * 10, lambda text: len(text.train[0]) == 119),
    "first-names": (b"emma\nolivia\n", lambda names: names == ["emma", "olivia"]),
    "jsb-chorales": (_chorales, lambda mat: mat["traindata"].shape == (88, 88)),
    "movie-reviews": ("a cliché\x85 yes\nno\n".encode("latin-1"), lambda lines: lines == ["a cliché\x85 yes", "no"]),
    "english-french": (
        b"Go.\tVa !\nRun!\tCours !\n",
        lambda pairs: pairs == [["Go.", "Va !"], ["Run!", "Cours !"]],
    ),
    "transformer-temperature": (
        b"date,HUFL,OT\n" + b"2016-07-01 00:00:00,5.8,30.5\n" * 200,
        lambda data: data.train[0].shape == (140 - 24, 24, 1),
    ),
    "melbourne-temperatures": (
        b'"Date","Temp"\n' + b'"1981-01-01",20.7\n' * 400,
        lambda data: data.train[0].shape == (280 - 30, 30, 1),
    ),
    "exchange-rates": (gzip.compress(b"0.78,1.61\n0.79,1.60\n"), lambda rates: rates.shape == (2, 2)),
    "japanese-vowels": (
        b"@classLabel true 1 2\n@data\n1.0,2.0:3.0,4.0:1\n",
        lambda cases: cases == [["1.0,2.0", "3.0,4.0", "1"]],
    ),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_line_that_loads_it_reads_that_form(name, tmp_path):
    content, is_right = next(sample for start, sample in SAMPLES.items() if name.startswith(start))
    path = tmp_path / PUBLIC[name].filename
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    asked = []
    reading = SimpleNamespace(**vars(datasets) | {"fetch": lambda which: asked.append(which) or path})
    result = eval(PUBLIC[name].load, {"datasets": reading, "numpy": numpy, "scipy": scipy})
    assert asked == [name]
    assert is_right(result)
