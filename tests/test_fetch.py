import hashlib
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from claimstance.commands import fetch
from claimstance.corpus.public import parse_sources
from claimstance.errors import InputError, ParamsError

DATA = b"The mill may close.\n" * 500
PROJECT = Path(__file__).parents[1]


@pytest.fixture
def sources(tmp_path):
    entry = {
        "repo": "we/corpus", "commit": "c0ffee", "licence": "MIT", "citation": "us", "labels": "cues", "use": ["train"],
        "files": [{"path": "d/x.txt", "save_as": "x.txt", "mirror": "m/x.txt", "sha256": hashlib.sha256(DATA).hexdigest()}],
    }  # fmt: skip
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({"ours": entry}), encoding="utf-8")
    return path


class Handler(BaseHTTPRequestHandler):
    def __init__(self, seen, data, *args):
        self.seen, self.data = seen, data
        super().__init__(*args)

    def do_GET(self):
        self.seen.append((self.path, self.headers.get("Range")))
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.data) - start))
        self.end_headers()
        self.wfile.write(self.data[start:])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    servers = []

    def start(data=DATA):
        seen = []
        http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, seen, data))
        threading.Thread(target=http.serve_forever, daemon=True).start()
        servers.append(http)
        return f"http://127.0.0.1:{http.server_port}", seen

    yield start
    for http in servers:
        http.shutdown()
        http.server_close()


def test_files_come_from_the_repository_at_the_pinned_commit(sources, server, tmp_path):
    host, seen = server()
    assert fetch.run(sources, tmp_path / "public", host=host) == {"fetched": 1, "present": 0}
    assert seen == [("/we/corpus/c0ffee/d/x.txt", None)]
    assert (tmp_path / "public/ours/x.txt").read_bytes() == DATA
    assert fetch.run(sources, tmp_path / "public", host=host) == {"fetched": 0, "present": 1}
    assert len(seen) == 1


def test_a_broken_download_goes_on_where_it_stopped(sources, server, tmp_path):
    host, seen = server()
    part = tmp_path / "public/ours/x.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA[:1234])
    fetch.run(sources, tmp_path / "public", host=host)
    assert seen[0][1] == "bytes=1234-"
    assert (tmp_path / "public/ours/x.txt").read_bytes() == DATA
    assert not part.exists()


def test_another_file_than_the_expected_one_is_not_kept(sources, server, tmp_path):
    host, _ = server(b"something else")
    with pytest.raises(InputError, match="sha256 differs"):
        fetch.run(sources, tmp_path / "public", host=host)
    assert list((tmp_path / "public/ours").iterdir()) == []


def test_a_mirror_replaces_the_network(sources, tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMSTANCE_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(InputError, match="CLAIMSTANCE_MIRROR should name a folder that holds it"):
        fetch.run(sources, tmp_path / "public", host="http://127.0.0.1:9")
    (tmp_path / "mirror/m").mkdir(parents=True)
    (tmp_path / "mirror/m/x.txt").write_bytes(DATA)
    assert fetch.run(sources, tmp_path / "public", host="http://127.0.0.1:9")["fetched"] == 1


def test_an_unreachable_host_and_an_unknown_name_are_one_line(sources, tmp_path):
    with pytest.raises(InputError, match="cannot be reached"):
        fetch.run(sources, tmp_path / "public", host="http://127.0.0.1:9")
    with pytest.raises(ParamsError, match="no public corpus 'theirs'; known: ours"):
        fetch.run(sources, tmp_path / "public", names=["theirs"])


def test_every_public_corpus_names_its_licence_its_paper_and_a_reader():
    for name, source in parse_sources(PROJECT / "data/sources.yaml").items():
        assert source.licence, name
        assert source.citation, name
        assert set(source.use) <= {"train", "test"} or source.use == ("news",), name
        assert all(len(file.sha256) == 64 for file in source.files), name
