"""
Secrets of the configuration are where they are needed and nowhere else: not in logs, answers, pages, titles, arguments,
environments or cores, whatever succeeds or fails. Each place is proved to be looked at by a word that must be there.
"""
import base64
import contextlib
import json
import os
import pathlib
import re
import secrets
import socket
import threading
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.ctl import ctl
from harness.hostile import HttpServer, TcpServer, http_response
from harness.mailserver import MailServer
from harness.reload import refused, reload
from harness.wait import wait_until
from harness.web import Web

pytestmark = [pytest.mark.one_level, pytest.mark.filterwarnings("ignore:Requiring AUTH")]

PATIENCE = 30.0 * paths.SLOWNESS
MARK = "marked" + secrets.token_hex(4)  # no secret: the name of a check, that is in every place


class Secrets:
    """Words that were given away for safe keeping."""

    def __init__(self):
        self.words = {}

    def __call__(self, where):
        """A new one; the same in every form that it might be shown in is looked for."""
        self.words[where] = "S3" + secrets.token_hex(8)
        return self.words[where]

    def found(self, places):
        """(place, secret) of all that can be read in places: name -> bytes or text."""
        leaks = []
        for place, text in places.items():
            text = text if isinstance(text, bytes) else text.encode(errors="surrogateescape")
            for where, word in self.words.items():
                # in base64 it looks different at each of three offsets; what is the same whatever stands around it:
                forms = [word.encode()] + [base64.b64encode(b"x" * shift + word.encode())[4:-4] for shift in range(3)]
                if any(form.lower() in text.lower() for form in forms):
                    leaks.append((place, where))
        return leaks


class Looker(threading.Thread):
    """Arguments, names and environments of all processes below one, from now on."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.stopping = pid, {"cmdline": set(), "comm": set(), "environ": set()}, False
        self.start()

    def run(self):
        while not self.stopping:
            for pid in [self.pid, *processes.descendants(self.pid)]:
                for name, texts in self.seen.items():
                    with contextlib.suppress(OSError):
                        texts.add(pathlib.Path(f"/proc/{pid}/{name}").read_bytes())
            time.sleep(0.02)

    def close(self):
        self.stopping = True
        self.join(20)

    def places(self):
        return {name: b"\n".join(texts) for name, texts in self.seen.items()}


class Syslog:
    """A socket as /dev/log, and what is written to it."""

    def __init__(self, directory):
        self.path, self.text = directory / "log.socket", b""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))
        self.path.chmod(0o666)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        with contextlib.suppress(OSError):
            while data := self.sock.recv(65536):
                self.text += data + b"\n"

    def close(self):
        self.sock.shutdown(socket.SHUT_RD)
        self.thread.join(10)
        self.sock.close()


def document(secret, directory, web, servers, syslog):
    """Secrets wherever a configuration can have them; some of it works, some fails."""
    http, bad, mails, closed = servers
    (directory / "ready").touch()
    logging = [{"method": "file", "destination": str(directory / "log"), "level": "trace", "structured": True},
               {"method": "syslog", "destination": str(syslog.path), "level": "trace"}]
    targets = {
        "json": f"json://user:{secret('json')}@127.0.0.1:{http.port}/{secret('path')}?+X-Token={secret('header')}"
                f"&-token={secret('query')}&:token={secret('payload')}",
        "json-500": f"json://{secret('user')}:{secret('json 500')}@127.0.0.1:{bad.port}/",
        "json-closed": f"json://user:{secret('json closed')}@127.0.0.1:{closed}/",
        "name": f"json://user:{secret('json name')}@{secret('host')}.invalid/",
        "mail": f"mailto://me:{secret('mail')}@127.0.0.1:{mails.port}?from=me@example.net",
        "apprise": f"xml://user:{secret('apprise')}@127.0.0.1:{http.port}/{secret('apprise path')}",
        "apprise-500": f"xml://user:{secret('apprise 500')}@127.0.0.1:{bad.port}/{secret('apprise path 500')}",
        "apprise-bad": f"slack://{secret('slack')}/{secret('slack 2')}/{secret('slack 3')}",
    }
    args = {"method": "http", "url": f"http://user:{secret('url')}@127.0.0.1:{http.port}/",
            "headers": {"X-Key": secret("http header")}}
    failing = {"method": "http", "url": f"http://user:{secret('url closed')}@127.0.0.1:{closed}/"}
    return {
        **config(check(MARK, {"method": "file", "path": str(directory / "ready")}),
                 check("pass", args, prefixes=[prefix(1)]), check("fail", failing, prefixes=[prefix(2)])),
        "logging": logging, "metrics": {"listen": web.listen},
        "notifications": [{"name": name, "url": url, "group": 0, "timeout": 10, "general_events": True}
                          for name, url in targets.items()],
        "sentry": {"dsn": f"http://{'0123456789' * 4}{secret('sentry')}@127.0.0.1:{bad.port}/1"},
    }


def wrong(secret, document):
    """Configurations that are refused, with a secret where it is wrong."""
    def with_target(url):
        return {**document, "notifications": [{"name": "ops", "url": url}]}

    yield with_target(f"json://user:{secret('bad port')}@127.0.0.1:99999/")
    yield with_target(f"json://user:{secret('no host')}/")
    yield with_target(f"mailto://me:{secret('no address')}@127.0.0.1?to={secret('bad address')}")
    yield with_target(f"json://127.0.0.1/?method={secret('bad method')}")
    yield {**document, "sentry": {"dsn": f"https://{secret('dsn')}@127.0.0.1/project"}}
    yield {**document, "notifications": [{"name": "ops", "url": [f"json://{secret('list')}@h"]}]}


ANSWERS = [["status"], ["status", "-v"], ["--json", "status"], ["routes"], ["--json", "routes"], ["why", MARK],
           ["history"], ["events"], ["--json", "events"], ["version"], ["notify-test"]]
PAGES = ["/", "/metrics", "/api/v1/status", "/healthz"]


def holders(run):
    """Processes that hold secrets of others than their own."""
    return [pid for pid in processes.descendants(run.pid)
            if re.search("exacheck-notify|Check Worker", processes.cmdline(pid))]


def assert_no_core(run):
    """No core, and nobody of the same user looks into their memory: then /proc says that they are root's."""
    found = holders(run)
    assert len(found) >= 4, [processes.cmdline(pid) for pid in found]
    for pid in found:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), (processes.cmdline(pid), limits)
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0, processes.cmdline(pid)


def test_nowhere(start, directory, keep):
    secret = Secrets()
    web, syslog = Web(), keep(Syslog(directory))
    http, bad = keep(HttpServer()), keep(HttpServer(lambda _: http_response(500)))
    gone = keep(TcpServer())
    gone.go_away()
    mails = keep(MailServer(login=("me", "another")))
    (directory / "log").touch()
    (directory / "log").chmod(0o666)
    good = document(secret, directory, web, (http, bad, mails, gone.port), syslog)
    run = start(good, arguments=("-v", "-v"))
    looker = keep(Looker(run.pid))
    run.wait_transition("pass", "up")
    run.wait_transition("fail", "down")
    run.wait_log(": not delivered, ", PATIENCE)
    for server in (http, bad):
        wait_until(lambda: any(b"<Message>" in request.body for request in server.requests), PATIENCE, "apprise")
    run.expected_deaths.add("SIGSEGV")
    os.kill(run.worker("fail"), 11)
    wait_until(lambda: any("envelope" in request.target for request in bad.requests), PATIENCE, "a report to sentry")
    assert_no_core(run)
    for other in wrong(secret, good):
        refused(run, other)
    reload(run, {**good, "notifications": good["notifications"][::-1]})
    wait_until(web.well, PATIENCE, "the status page")
    answers = {"ctl " + " ".join(words): (done := ctl("-r", run.directory / "runtime", *words)).stdout + done.stderr
               for words in ANSWERS}
    pages = {f"page {path}": web.get(path)[2] for path in PAGES}
    looker.close()
    run.stop()
    places = {"stderr": bytes(run.stderr.raw), "stdout": bytes(run.stdout.raw),
              "file": (directory / "log").read_bytes(), "syslog": syslog.text, **answers, **pages, **looker.places()}
    assert secret.found(places) == []
    # each of them was where secrets would have been
    for place in ("stderr", "file", "syslog", "cmdline", "ctl status", "ctl events", "ctl history",
                  "page /api/v1/status", "page /metrics"):
        assert MARK in places[place].decode() if isinstance(places[place], bytes) else MARK in places[place], place
    assert b"apprise" in places["cmdline"] and b"PATH=" in places["environ"] and b"worker" in places["comm"]
    for text in ("HTTP status 500", "Connection refused", "does not resolve", "SMTP 535", "the apprise command failed"):
        assert text in places["ctl notify-test"], places["ctl notify-test"]
    # and whoever was to have them had them
    received = b"".join(request.body + str((request.target, request.headers)).encode()
                        for request in http.requests + bad.requests)
    received += str(mails.logins).encode()
    told = {where for _, where in secret.found({"servers": received})}
    assert told >= {"json", "path", "header", "query", "payload", "json 500", "mail", "apprise", "apprise path", "url",
                    "http header", "sentry"}, told


def memory(pid):
    """What a process has in memory that it can write to."""
    text = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            begin, end = (int(place, 16) for place in line.split()[0].split("-"))
            if line.split()[1].startswith("rw"):
                with contextlib.suppress(OSError, ValueError):
                    mem.seek(begin)
                    text.append(mem.read(end - begin))
    return b"".join(text)


@pytest.mark.skipif(paths.SANITIZED, reason="a sanitizer keeps what is freed, and reserves terabytes")
def test_couriers_memory(root, start, directory, keep):
    """A courier knows the URL that it delivers to and none of the others; exacheck-notify has each once."""
    secret, silent = Secrets(), keep(TcpServer("silent"))
    (directory / "ready").touch()
    # late in it: the allocator writes over the begin of what is freed
    urls = {name: f"json://user:password@127.0.0.1:{silent.port}/{'path/' * 8}{secret(name)}"
            for name in ("first", "second", "third")}
    run = start({**config(check("web", {"method": "file", "path": str(directory / "ready")})),
                 "sentry": {"dsn": f"http://{'0123456789' * 4}{secret('sentry')}@127.0.0.1:{silent.port}/1"},
                 "notifications": [{"name": name, "url": url, "group": 0, "timeout": 100}
                                   for name, url in urls.items()]})

    def notify():
        return next(pid for pid in processes.children(run.pid) if "exacheck-notify" in processes.cmdline(pid))

    def couriers():
        return processes.children(notify())

    wait_until(lambda: silent.count == 3 and len(couriers()) == 3, PATIENCE, "three couriers")
    known = [{where for _, where in secret.found({"memory": memory(pid)})} for pid in couriers()]
    assert sorted(map(sorted, known)) == [["first"], ["second"], ["third"]]
    held = memory(notify())
    assert {where: held.count(word.encode()) for where, word in secret.words.items()} == dict.fromkeys(secret.words, 1)
    assert {int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[2]) for pid in couriers()} == \
        set(couriers()), "each the leader of its group"


def test_is_found():
    """A secret in any of its forms is found, so that none found means something."""
    secret = Secrets()
    word = secret("here")
    assert secret.found({"log": "nothing to be seen"}) == []
    for text in (word, word.upper(), f"url json://user:{word}@host/",
                 base64.b64encode(f"user:{word}".encode()).decode(), base64.b64encode(f"me:{word}".encode()),
                 json.dumps({"a": f"\"{word}\""})):
        assert secret.found({"log": text}) == [("log", "here")], text
