"""Files that refer to other files or addresses are refused, and nothing else is opened."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aser_bench.core import ffmpeg
from aser_bench.core.errors import AudioError
from aser_bench.corpora import audio, containers
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.config import CorpusChoice

RATE = 16_000
REAL = ffmpeg._bundled()


@dataclass
class Server:
    """A local server that records requests and does not answer them."""

    port: int
    requests: list[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret.wav"


@pytest.fixture
def server() -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listening_socket:
        recorder = Server(listening_socket.getsockname()[1], [])

        def accept_connections() -> None:
            while True:
                try:
                    client, _ = listening_socket.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(0.5)
                    try:
                        recorder.requests.append(client.recv(100))
                    except OSError:
                        recorder.requests.append(b"")

        thread = threading.Thread(target=accept_connections, daemon=True)
        thread.start()
        yield recorder
        listening_socket.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def other_recording(tmp_path) -> Path:
    """Return a recording outside of the corpus: a tone of 1 kHz."""
    path = tmp_path / "elsewhere" / "secret.wav"
    path.parent.mkdir()
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    soundfile.write(path, tone, RATE)
    return path


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def alias(path: Path) -> bytes:
    """Return a QuickTime alias of a file, which contains its absolute path."""
    name = path.name.encode()
    fixed = bytes(10) + struct.pack(">28p", b"disk") + bytes(12)
    fixed += struct.pack(">64p", name) + bytes(16) + struct.pack(">hh", -1, -1) + bytes(16)
    whole = str(path).encode()
    extra = struct.pack(">HH", 2, len(whole)) + whole + b"\0" * (len(whole) % 2)
    extra += struct.pack(">HH", 18, len(whole)) + whole + b"\0" * (len(whole) % 2)
    return bytes(4) + fixed + extra + struct.pack(">HH", 0xFFFF, 0)


def movie(reference: bytes) -> bytes:
    """Return a MOV file with one second of 16-bit samples in the file that a reference names."""
    whole = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    sound = bytes(6) + struct.pack(">HHHIHHHHI", 1, 0, 0, 0, 1, 16, 0, 0, RATE << 16)
    table = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"sowt", sound)),
        box(b"stts", bytes(4), struct.pack(">III", 1, RATE, 1)),
        box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, RATE, 1)),
        box(b"stsz", bytes(4), struct.pack(">II", 2, RATE)),
        box(b"stco", bytes(4), struct.pack(">II", 1, 44)),
    )
    times = bytes(8) + struct.pack(">II", RATE, RATE)
    handler = b"mhlrsoun" + bytes(13)
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(
        b"moov",
        box(b"mvhd", bytes(4), times, bytes(4), bytes(12), whole, bytes(24), b"\0\0\0\2"),
        box(
            b"trak",
            box(
                b"tkhd",
                b"\0\0\0\1",
                bytes(8),
                b"\0\0\0\1",
                bytes(4),
                struct.pack(">I", RATE),
                bytes(16),
                whole,
                bytes(8),
            ),
            box(
                b"mdia",
                box(b"mdhd", bytes(4), times, bytes(4)),
                box(b"hdlr", bytes(4), handler),
                box(
                    b"minf",
                    box(b"smhd", bytes(8)),
                    box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), reference)),
                    table,
                ),
            ),
        ),
    )


def matroska_link(target: str) -> bytes:
    """Return a Matroska file that refers to another file as its continuation."""

    def element(ident: str, content: bytes) -> bytes:
        return bytes.fromhex(ident) + struct.pack(">Q", len(content) | 1 << 56) + content

    head = element("1A45DFA3", element("4282", b"matroska"))
    info = element(
        "1549A966", element("2AD7B1", b"\x0f\x42\x40") + element("3E83BB", target.encode())
    )
    return head + element("18538067", info)


def hostile(address: str, local: str) -> dict[str, bytes]:
    """Return the contents of files that refer to the address or the local file, by their kind."""
    text = {
        "an HLS playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n"
        "#EXT-X-ENDLIST\n",
        "an HLS playlist of a key": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n"
        f'#EXT-X-KEY:METHOD=AES-128,URI="{address}"\n#EXTINF:9,\n{local}\n#EXT-X-ENDLIST\n',
        "an HLS playlist of a local file": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n"
        f"file://{local}\n#EXT-X-ENDLIST\n",
        "an ffconcat file": f"ffconcat version 1.0\nfile {address}\n",
        "an ffconcat file of a local file": f"ffconcat version 1.0\nfile '{local}'\n",
        "an SDP": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"a=tool:{address}\n"
        "m=audio 5004 RTP/AVP 0\n",
        "an ASX": f'<asx version="3.0"><entry><ref href="{address}"/></entry></asx>\n',
        "a PLS": f"[playlist]\nNumberOfEntries=1\nFile1={address}\n",
        "a DASH manifest": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
        'type="static" mediaPresentationDuration="PT1S"><Period><AdaptationSet '
        'mimeType="audio/mp4"><Representation id="1" bandwidth="9">'
        f"<BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
        "an XML with an entity": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{address}">'
        "]><a>&b;</a>\n",
        "an SVG": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/></svg>\n',
        "an RTSP reference": f"[Reference]\nRef1={address}\n",
    }
    remote_url = address.encode() + b"\0"
    local_url = f"file://{local}".encode() + b"\0"
    return {
        **{name: content.encode() for name, content in text.items()},
        "a movie of an address": movie(box(b"url ", bytes(4), remote_url)),
        "a movie of a local file": movie(box(b"url ", bytes(4), local_url)),
        "a movie of a path": movie(box(b"url ", bytes(4), local.encode() + b"\0")),
        "a movie of an alias": movie(box(b"alis", alias(Path(local)))),
        "a Matroska file of an address": matroska_link(address),
        "a Matroska file of a local file": matroska_link(local),
        "a container with a playlist in it": b"\0\0\0\x08ftyp\n" + text["an HLS playlist"].encode(),
        "AMR with a playlist in it": b"#!AMR\n" + text["an ffconcat file"].encode(),
        "Ogg with a playlist in it": b"OggS" + text["an HLS playlist"].encode() + bytes(60),
        "CAF with a playlist in it": b"caff\0\1\0\0" + text["an ffconcat file"].encode(),
    }


KINDS = hostile("http://127.0.0.1:9/x", "/x")
NAMES = ["x_angry.wav", "x_angry.m4a", "x_angry.mp3", "x_angry.flac", "x_angry.ogg"]
UNUSUAL_NAMES = [
    "http:__127.0.0.1_x_angry.wav",
    "a:b_angry.wav",
    "-i_angry.wav",
    "|cat_angry.wav",
    "concat:x_angry.wav",
    "file%03d_angry.wav",
    "pipe:0_angry.wav",
]


def playlist(server: Server) -> str:
    return hostile(server.address, "/x")["an HLS playlist"].decode()


def test_server_records_requests(server):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"hello")
        client.recv(1)
    assert server.requests == [b"hello"]


def test_unprotected_ffmpeg_opens_the_address(server, tmp_path):
    """Without the protection in the package, the other tests would fail."""
    (tmp_path / "list.m3u8").write_text(playlist(server))
    command = [REAL, "-v", "error", "-nostdin", "-y", "-protocol_whitelist", "file,http,tcp"]
    subprocess.run([*command, "-i", "list.m3u8", "a.wav"], cwd=tmp_path, timeout=30, check=False)
    assert server.requests
    assert server.requests[0].startswith(b"GET /secret.wav")


def test_unprotected_ffmpeg_reads_the_other_file(other_recording, tmp_path):
    """The MOV file with an alias is valid: ffmpeg decodes it if references are allowed."""
    content = hostile("", str(other_recording))["a movie of an alias"]
    (tmp_path / "a.mov").write_bytes(content)
    allowed = ["-enable_drefs", "1", "-use_absolute_path", "1"]
    command = [REAL, "-v", "error", "-nostdin", "-y", *allowed]
    subprocess.run([*command, "-i", "a.mov", "a.wav"], cwd=tmp_path, timeout=30, check=False)
    signal, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(np.fft.rfft(signal)).argmax() == 1000


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_else_is_opened(kind, server, other_recording, tmp_path):
    for name in NAMES:
        path = tmp_path / name
        path.write_bytes(hostile(server.address, str(other_recording))[kind])
        with pytest.raises(AudioError) as caught:
            audio.read(path)
        assert "\n" not in str(caught.value)
        assert str(tmp_path) not in str(caught.value)
    assert server.requests == []


def test_demuxers_open_nothing_else(server, other_recording):
    """All demuxers that the package uses, independent of the signature of the file."""
    demuxers = {name for *_, name in (*containers._SIGNATURES, *containers._FALLBACK_SIGNATURES)}
    files = hostile(server.address, str(other_recording))
    for demuxer in sorted({*demuxers, "aac", "flac"}):
        for kind in ("an HLS playlist", "an ffconcat file", "a movie of an alias"):
            with pytest.raises(AudioError):
                containers.decode(files[kind], demuxer, 60)
    assert server.requests == []


@pytest.mark.parametrize("name", UNUSUAL_NAMES)
def test_unusual_names_are_file_names(name, server, tmp_path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE).astype(np.float32)
    soundfile.write(tmp_path / name, noise, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(audio.read(tmp_path / name), noise)
    command = [REAL, "-v", "error", "-i", f"file:{tmp_path / name}", "-c:a", "alac", "-f", "mov"]
    subprocess.run([*command, tmp_path / "x.mov"], check=True, stdin=subprocess.DEVNULL)
    renamed = (tmp_path / name).with_suffix(".m4a")
    (tmp_path / "x.mov").rename(renamed)
    assert len(audio.read(renamed)) == RATE
    renamed.write_text(playlist(server))
    with pytest.raises(AudioError, match="playlist"):
        audio.read(renamed)
    assert server.requests == []


def test_corpus_of_such_files_is_refused_by_name(server, other_recording, voices, tmp_path):
    """Ingesting refuses each file by name and uses the valid recording."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number, content in enumerate(hostile(server.address, str(other_recording)).values()):
        (folder / f"h{number}_angry{Path(NAMES[number % len(NAMES)]).suffix}").write_bytes(content)
    valid = next(iter(sorted(voices.glob("*_happy.wav"))))
    (folder / "|good: %d_happy.wav").write_bytes(valid.read_bytes())
    with Pool(1) as pool:
        ingested = ingest(CorpusChoice("custom", folder), None, Cache(tmp_path / "cache"), pool)
    assert ingested.utterances["utterance"].tolist() == ["|good: %d_happy"]
    assert len(ingested.refused) == len(KINDS)
    assert all(reason and "\n" not in reason for _, reason in ingested.refused)
    assert server.requests == []


def m4a(tmp_path) -> bytes:
    soundfile.write(tmp_path / "a.wav", np.sin(np.arange(RATE) / 5), RATE)
    command = [REAL, "-v", "error", "-i", tmp_path / "a.wav", tmp_path / "a.m4a"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return (tmp_path / "a.m4a").read_bytes()


WRAPPER = 'case "$*" in *recording.wav*) {script};; *) exec {real} "$@";; esac'
FAULTS = {
    "crashes": ("kill -SEGV $$", "killed by signal 11"),
    "fails": ("echo the reason >&2; exit 3", "the reason"),
    "writes nothing": ("exit 0", "damaged or cut off"),
    "writes an empty file": (": > recording.wav", "pydub cannot read it"),
    "writes text": ("echo hello, world of sound > recording.wav", "pydub cannot read it"),
    "writes a short file": ('{real} -t 0.3 "$@"', "cut off"),
    "writes an endless file": ("sleep .1; cat /dev/zero > recording.wav", "File size limit"),
}


@pytest.mark.parametrize(("script", "message"), FAULTS.values(), ids=FAULTS)
def test_fault_of_ffmpeg_is_reported(script, message, fake, place, tmp_path, monkeypatch):
    content = m4a(tmp_path)
    assert len(containers.decode(content, "mov", 60)[0]) >= RATE
    monkeypatch.setattr(ffmpeg, "MAX_FILE_BYTES", 2**22)
    fake(WRAPPER.format(script=script.format(real=REAL), real=REAL))
    with pytest.raises(AudioError, match=message) as caught:
        containers.decode(content, "mov", 60)
    assert "\n" not in str(caught.value)
    assert list(place.iterdir()) == []


def test_hanging_ffmpeg_is_stopped(fake, place, tmp_path, monkeypatch):
    content = m4a(tmp_path)
    fake("case $* in *-version) echo ffmpeg version 1;; *) sleep 100;; esac")
    ffmpeg.version()  # cached, so that only the decoding hangs
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0)
    monkeypatch.setattr(containers, "_LIMIT_S", 1)
    with pytest.raises(AudioError, match="stopped after 1 s"):
        containers.decode(content, "mov", 60)
    assert list(place.iterdir()) == []


def test_arguments_of_ffmpeg(fake, tmp_path):
    """The input is a temporary copy, with an explicit demuxer and allowed protocols."""
    content = m4a(tmp_path)
    fake(f'echo "$@" >> {tmp_path}/lines; exec {REAL} "$@"')
    containers.decode(content, "mov", 60)
    lines = [line for line in (tmp_path / "lines").read_text().splitlines() if "-i " in line]
    assert len(lines) == 3  # the tone is at full scale, so it is decoded as float samples too
    for line in lines:
        assert "-nostdin" in line
        assert "-protocol_whitelist file,pipe -f mov -i recording.bin" in line
        assert line.count("-i ") == 1
