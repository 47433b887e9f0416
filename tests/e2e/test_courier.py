"""Couriers: mails, webhooks, the apprise command and sentry, end to end; servers that hang or refuse."""
import base64
import itertools
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.ctl import ctl
from harness.hostile import HttpServer, TcpServer, http_response
from harness.mailserver import MailServer, ScriptedMailServer
from harness.receiver import Receiver
from harness.wait import wait_until

pytestmark = [pytest.mark.one_level, pytest.mark.filterwarnings("ignore:Requiring AUTH")]

PATIENCE = 30.0 * paths.SLOWNESS
NAME = "Prüfung =?x? №1"  # of a check: neither ASCII nor harmless in a header


def document(directory, *targets, name=NAME, **others):
    (directory / "ready").touch()
    file = check(name, {"method": "file", "path": str(directory / "ready")})
    return {**config(file), "notifications": [{"group": 0, "timeout": 20, **target} for target in targets], **others}


def own_filters():
    """Filters that this process runs under: those that it starts inherit them."""
    return re.search(r"Seccomp_filters:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]


class TlsReceiver(HttpServer):
    """A webhook with TLS."""

    def __init__(self, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*map(str, certificate))
        super().__init__()

    def converse(self, connection):
        try:
            super().converse(self.context.wrap_socket(connection, server_side=True))
        except OSError:
            pass  # it does not trust us


def test_mail(start, directory, keep, authority, certificates):
    """Through every kind of security, whole and as it was meant; what the server refuses for now comes later."""
    login = ("ops", "pass:w@rd/1")
    plain, soon = keep(MailServer()), keep(MailServer(answers=["451 not now"]))
    starttls, tls, other = (keep(MailServer(security, certificates[certificate], login)) for security, certificate in (
        ("starttls", "good"), ("ssl", "good"), ("starttls", "other")))
    user = "ops:pass%3Aw%40rd%2F1@127.0.0.1"
    run = start(document(
        directory,
        {"name": "plain", "url": f"mailto://127.0.0.1:{plain.port}/one@example.net/"
         "?from=Exa%20%C3%A9%20<exa@example.net>&to=Two%20<two@example.net>"
         "&cc=three@example.net&bcc=four@example.net&reply=five@example.net&+X-Extra=a%20b"},
        {"name": "soon", "url": f"mailto://me@127.0.0.1:{soon.port}?from=me@example.net"},
        {"name": "starttls", "url": f"mailtos://{user}:{starttls.port}?from=exa@example.net&ca_file={authority.ca}"},
        {"name": "tls", "url": f"mailtos://{user}:{tls.port}?from=exa@example.net&mode=ssl&ca_file={authority.ca}"},
        {"name": "untrusted", "url": f"mailtos://{user}:{other.port}?from=exa@example.net"},
        {"name": "unverified", "url": f"mailtos://{user}:{other.port}?from=exa@example.net&verify=no"},
    ))
    mail = plain.wait("a mail", PATIENCE, NAME)
    assert mail.header("Subject") == f"ExaCheck Event - Route Announcement - {NAME}"
    assert mail.sender == "exa@example.net"
    assert mail.recipients == [f"{name}@example.net" for name in ("one", "two", "three", "four")]
    assert [address.addr_spec for address in mail.message["To"].addresses] == ["one@example.net", "two@example.net"]
    assert mail.message["From"].addresses[0].display_name == "Exa é"
    assert (mail.header("Cc"), mail.header("Reply-To")) == ("three@example.net", "five@example.net")
    assert mail.message["Bcc"] is None and b"four@" not in mail.raw
    assert (mail.header("Auto-Submitted"), mail.header("X-Extra")) == ("auto-generated", "a b")
    assert (mail.header("MIME-Version"), mail.message.get_content_charset()) == ("1.0", "utf-8")
    assert mail.message["Date"].datetime is not None
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.net>", mail.header("Message-ID"))
    assert prefix(0) in mail.body and NAME in mail.body
    assert all(len(line) <= 78 for line in mail.raw.split(b"\r\n")) and mail.raw.isascii()
    for server in (starttls, tls):
        mail = server.wait("a mail by TLS", PATIENCE)
        assert mail.user == "ops" and server.logins == [login] and (server is tls or mail.secure)
    assert other.wait("a mail to whom nobody verified", PATIENCE).user == "ops" and other.logins == [login]
    assert run.wait_log("notification untrusted: not delivered", PATIENCE).text.endswith(
        ": unable to get local issuer certificate")
    assert soon.wait("a mail at the second attempt", PATIENCE).recipients == ["me@example.net"] and soon.refused == 1


def test_mail_refused(start, directory, keep):
    """What will not do is not tried again; a login without the security that the server wants is none."""
    refusing, secret = keep(MailServer(answers=["554 no"] * 9)), keep(MailServer(login=("ops", "right")))
    run = start(document(
        directory, {"name": "refusing", "url": f"mailto://me@127.0.0.1:{refusing.port}?from=me@example.net"},
        {"name": "plain", "url": f"mailtos://me@127.0.0.1:{refusing.port}?from=me@example.net"},
        {"name": "wrong", "url": f"mailto://ops:wrong1@127.0.0.1:{secret.port}?from=me@example.net"}))
    run.wait_log("notification refusing: gave up 1 event: the mail server refused it: SMTP 554", PATIENCE)
    run.wait_log("notification plain: not delivered", PATIENCE)
    assert run.logged("notification plain: not delivered")[0].endswith(": the server does not offer STARTTLS")
    run.wait_log("notification wrong: gave up 1 event: the mail server refused it: SMTP 535, it wants", PATIENCE)
    assert not refusing.mails and not secret.mails and not run.logged("wrong1")


def test_stubborn_mail_servers(start, directory, keep):
    """A mail is sent once to a server that answers no QUIT, to all but who is refused, with a login that works."""
    polite = keep(ScriptedMailServer(QUIT=None))
    names = [f"{name}@example.net" for name in ("full", "a", "gone", "b")]
    picky = keep(ScriptedMailServer(**{"RCPT TO:<full@example.net>": "452 no room", "RCPT TO:<gone@example.net>": "550 no such user"}))
    corporate = keep(ScriptedMailServer(EHLO="250-mail.test\r\n250 AUTH GSSAPI NTLM DIGEST-MD5 PLAIN LOGIN", AUTH="334 ",
                                        **{base64.b64encode(b"\0me@example.net\0pw").decode(): "235 welcome"}))
    run = start(document(
        directory,
        {"name": "polite", "url": f"mailto://me@127.0.0.1:{polite.port}?from=me@example.net", "timeout": 60},
        {"name": "picky", "url": f"mailto://127.0.0.1:{picky.port}?from=me@example.net&to={','.join(names[:3])}&cc={names[3]}"},
        {"name": "corporate", "url": f"mailto://me%40example.net:pw@127.0.0.1:{corporate.port}?from=me@example.net"}))
    run.wait_log("notification picky: delivered, but not to all: the mail server refused 2 of 4 recipients: SMTP 550", PATIENCE)
    wait_until(lambda: polite.mails and picky.mails and corporate.mails, PATIENCE, "a mail each")
    wait_until(lambda: "exacheck-notify: 3 targets, 0 waiting" in str(
        [processes.cmdline(pid) for pid in processes.children(run.pid)]), PATIENCE, "that all is delivered")
    assert [len(server.mails) for server in (polite, picky, corporate)] == [1, 1, 1]
    assert not run.logged("not delivered")
    name = socket.gethostname()
    assert polite.lines[0] == f"EHLO {name if '.' in name else '[127.0.0.1]'}"
    assert [line for line in picky.lines if "RCPT" in line][-4:] == [f"RCPT TO:<{name}>" for name in names]


def test_header_injection(start, directory, keep):
    """Nothing in the name of a check begins a header, of mail or of HTTP."""
    name = "x\u2028Bcc: evil@example.net\u0085Cc: evil@example.net"
    mails, hook = keep(MailServer()), keep(Receiver())
    run = start(document(directory, {"name": "mail", "url": f"mailto://127.0.0.1:{mails.port}?from=me@example.net"},
                         {"name": "hook", "url": hook.url}, name=name))
    mail = mails.wait("a mail", PATIENCE)
    assert {key.lower() for key in mail.message.keys()} == {
        "date", "message-id", "from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding",
        "auto-submitted", "x-mailer"}
    assert mail.recipients == ["me@example.net"]
    wait_until(lambda: hook.letters, PATIENCE, "a letter")
    assert "evil" not in str(hook.requests[0].headers)
    run.stop()


def test_webhooks(start, directory, keep, authority, certificates):
    """HTTP and HTTPS with what Apprise's parameters say; certificates are verified; redirects are not followed."""
    away = keep(HttpServer())
    there = keep(HttpServer(lambda _: http_response(302, headers=[f"Location: http://127.0.0.1:{away.port}/"])))
    plain, put = keep(HttpServer()), keep(HttpServer())
    good, untrusted, wrong = (keep(TlsReceiver(certificates[name])) for name in ("good", "good", "other"))
    run = start(document(
        directory,
        {"name": "plain", "url": f"json://user:p%40ss@127.0.0.1:{plain.port}/a/b"
         "?+X-Token=t&-key=v%26w&:room=ops&:title=subject"},
        {"name": "put", "url": f"json://localhost:{put.port}/?method=put&cto=5&rto=5"},
        {"name": "good", "url": f"jsons://127.0.0.1:{good.port}/?ca_file={authority.ca}"},
        {"name": "untrusted", "url": f"jsons://127.0.0.1:{untrusted.port}/"},
        {"name": "wrong", "url": f"jsons://127.0.0.1:{wrong.port}/?ca_file={authority.ca}"},
        {"name": "there", "url": f"json://127.0.0.1:{there.port}/"},
    ))
    wait_until(lambda: plain.requests and put.requests and good.requests, PATIENCE, "three letters")
    request = plain.requests[0]
    assert (request.method, request.target) == ("POST", "/a/b?key=v%26w")
    assert request.headers["authorization"] == "Basic dXNlcjpwQHNz" and request.headers["x-token"] == "t"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("exacheck/")
    body = json.loads(request.body)
    assert body["version"] == "1.0" and body["room"] == "ops" and body["attachments"] == [] and "title" not in body
    assert body["subject"].endswith(NAME) and body["events"][0]["prefixes"] == [prefix(0)] and body["type"] == "success"
    assert put.requests[0].method == "PUT"
    run.wait_log("notification there: gave up 1 event: HTTP status 302: redirects are not followed", PATIENCE)
    assert run.wait_log("notification untrusted: not delivered", PATIENCE).text.endswith(
        ": unable to get local issuer certificate")
    assert run.wait_log("notification wrong: not delivered", PATIENCE).text.endswith(
        ": its certificate is for another name")
    assert not (away.requests or untrusted.requests or wrong.requests)


def test_apprise(start, directory, keep):
    """The apprise command delivers what exacheck does not; what it says of a failure holds nothing of the URL."""
    good, bad = keep(HttpServer()), keep(HttpServer(lambda _: http_response(500)))
    run = start(document(directory, {"name": "good", "url": f"xml://user:s3cret@127.0.0.1:{good.port}/path?of=https://example.net/"},
                         {"name": "bad", "url": f"xml://user:s3cret@127.0.0.1:{bad.port}/hidden"}, name="web"))
    wait_until(lambda: good.requests, PATIENCE, "what apprise delivers")
    body = good.requests[0].body.decode()
    assert good.requests[0].target == "/path/" and good.requests[0].headers["authorization"] == "Basic dXNlcjpzM2NyZXQ="
    assert "ExaCheck Event - Route Announcement - web" in body and prefix(0) in body
    assert "<MessageType>success</MessageType>" in body
    line = run.wait_log("notification bad: not delivered", PATIENCE).text
    assert "the apprise command failed: " in line and not re.search(r"s3cret|hidden|user|127\.0", line), line
    ready = run.logged("exacheck-notify: ready")[0]
    assert "no_new_privs" in ready and "seccomp" not in ready, "nobody knows which calls apprise makes"


def test_sentry(start, directory, keep):
    """A worker that is killed is an event in an envelope; 429 says: later."""
    answers = [http_response(429, headers=["Retry-After: 1"])]
    server = keep(HttpServer(lambda _: answers.pop() if answers else http_response()))
    run = start(document(directory, sentry={"dsn": f"http://0123abcdef@127.0.0.1:{server.port}/base/42"}, name="web"))
    run.wait_transition("web", "up")
    run.expected_deaths.add("SIGSEGV")
    subprocess.run(["kill", "-SEGV", str(run.worker("web"))], check=True)
    wait_until(lambda: len(server.requests) >= 2, PATIENCE, "an event, twice")
    first, request = server.requests[:2]
    assert request.target == "/base/api/42/envelope/" and request.body == first.body
    auth = request.headers["x-sentry-auth"]
    assert "sentry_key=0123abcdef" in auth and "sentry_version=7" in auth
    head, item, event, rest = request.body.split(b"\n", 3)
    event_id = json.loads(head)["event_id"]
    assert re.fullmatch("[0-9a-f]{32}", event_id) and rest == b""
    assert json.loads(item) == {"type": "event", "length": len(event), "content_type": "application/json"}
    event = json.loads(event)
    assert (event["event_id"], event["platform"]) == (event_id, "native") and "web" in json.dumps(event)


def test_endless_answer(start, directory, keep):
    """An answer is its status: a body without end is cut, and so is what comes in place of an answer."""
    endless = keep(HttpServer(lambda _: itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b"x" * 65536))))
    noise = keep(HttpServer(lambda _: itertools.repeat(b"x" * 65536)))
    run = start(document(directory, {"name": "endless", "url": f"json://127.0.0.1:{endless.port}/"},
                         {"name": "noise", "url": f"json://127.0.0.1:{noise.port}/"}, name="web"))
    run.wait_log("notification noise: not delivered", PATIENCE)
    done = ctl("-r", run.directory / "runtime", "notify-test", "endless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not run.logged("notification endless")


def test_hanging_servers(start, directory, keep):
    """Whatever hangs is ended at its time-out, process and all; who waits meanwhile is nobody."""
    silent, good = keep(TcpServer("silent")), keep(Receiver())
    urls = {"json": f"json://127.0.0.1:{silent.port}/",
            "mail": f"mailto://me@127.0.0.1:{silent.port}?from=me@example.net",
            "apprise": f"xml://127.0.0.1:{silent.port}/?rto=600&cto=600"}
    run = start(document(directory, *({"name": name, "url": url, "timeout": 3} for name, url in urls.items()),
                         {"name": "good", "url": good.url}, name="web"))
    good.wait("a letter", PATIENCE, check="web")
    for name, text in ("json", "no answer in time"), ("mail", "no answer in time"), ("apprise", "not done within 3 s"):
        assert run.wait_log(f"notification {name}: not delivered", PATIENCE).text.endswith(f": {text}")
    notify = [pid for pid in processes.children(run.pid) if "exacheck-notify" in processes.cmdline(pid)]
    assert len(notify) == 1
    run.stop()


def test_confined(root, start, directory, keep):
    """A courier may do less than exacheck-notify, and both nothing that their work does not take."""
    silent = keep(TcpServer("silent"))
    run = start(document(directory, {"name": "ops", "url": f"json://127.0.0.1:{silent.port}/", "timeout": 100}))
    wait_until(lambda: silent.count, PATIENCE, "a courier")
    notify = next(pid for pid in processes.children(run.pid) if "exacheck-notify" in processes.cmdline(pid))
    [courier] = processes.children(notify)
    for pid, filters in (notify, 1), (courier, 2):
        facts = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        assert (facts["Seccomp"], facts["NoNewPrivs"], int(facts["CapEff"], 16)) == ("2", "1", 0)
        assert int(facts["Seccomp_filters"]) - int(own_filters()) >= filters
        assert "0" not in facts["Uid"].split() and "0" not in facts["Gid"].split()
    assert re.search(r"^Max processes +0 +0 ", pathlib.Path(f"/proc/{courier}/limits").read_text(), re.MULTILINE)
    opened = {os.readlink(path) for path in pathlib.Path(f"/proc/{courier}/fd").iterdir()}
    known = {"/dev/null", "pipe", "socket", "anon_inode"}  # the last: libcurl's own, from version 8 on
    assert {name.split(":")[0] for name in opened} <= known and len(opened) <= 6, opened


def test_apprise_missing(root, directory):
    """A URL that only the apprise command knows, without it: an error that names the package and nothing of the URL."""
    path = directory / "c.yaml"
    path.write_text(json.dumps(document(directory, {"name": "ops", "url": "slack://TokenA/TokenB"})))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/bin/apprise && exec \"$0\" test -f \"$1\"",
         str(paths.EXACHECK), str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "install the package apprise" in done.stderr, done.stderr
    assert "Token" not in done.stderr
