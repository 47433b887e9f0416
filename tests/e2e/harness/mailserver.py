"""
A mail server (aiosmtpd) in a thread: plain, with STARTTLS or TLS, with or without a login; it keeps its mails. And one
whose every answer a test decides.
"""
import asyncio
import contextlib
import email
import email.policy
import ssl
import threading

from aiosmtpd.smtp import SMTP, AuthResult

from .hostile import Server
from .network import claim_port
from .wait import wait_until


class Mail:
    def __init__(self, envelope, session):
        self.sender, self.recipients = envelope.mail_from, envelope.rcpt_tos
        self.raw = envelope.original_content
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)
        self.greeting, self.secure, self.user = session.host_name, session.ssl is not None, session.auth_data

    def header(self, name):
        return str(self.message[name])

    @property
    def body(self):
        return self.message.get_content()


class MailServer:
    """security: None, "starttls" or "ssl" with certificate = (cert, key); login: (user, password) that it wants."""

    def __init__(self, security=None, certificate=None, login=None, answers=()):
        self.mails, self.answers = [], list(answers)  # answers: of the first mails, in place of acceptance
        self.refused = 0
        self.login, self.logins = login, []
        self.port, self.claim = claim_port()
        context = None
        if security:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
        options = {"hostname": "mail.test", "auth_require_tls": bool(security)}
        if login:
            options.update(authenticator=self.authenticate, auth_required=True)
        if security == "starttls":
            options.update(tls_context=context, require_starttls=True)
        if security == "ssl":
            options.update(auth_require_tls=False)  # it does not know that the connection is secure
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self.loop.create_server(
            lambda: SMTP(self, loop=self.loop, **options), "127.0.0.1", self.port,
            ssl=context if security == "ssl" else None))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == self.login, handled=False, auth_data=given[0])

    async def handle_DATA(self, _server, session, envelope):
        if self.answers:
            self.refused += 1
            return self.answers.pop(0)
        self.mails.append(Mail(envelope, session))
        return "250 taken"

    def wait(self, what, timeout, text=""):
        """Wait for a mail whose subject holds text; returns it."""
        def find():
            return [mail for mail in self.mails if text in mail.header("Subject")]

        return wait_until(find, timeout, what)[0]

    def close(self):
        async def end():
            self.server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
        self.claim.close()


class ScriptedMailServer(Server):
    """answers: what a line that is sent, or its first word, is answered with; None: nothing, ever. Else all is well."""

    def __init__(self, **answers):
        self.answers = {"EHLO": "250 mail.test", "DATA": "354 go on", **answers}
        self.lines, self.mails = [], []
        super().__init__()

    def handle(self, connection, _peer, _data):
        connection.settimeout(None)
        self.open_connections.append(connection)
        threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with contextlib.suppress(OSError):
            self.say(connection, "220 mail.test")
            lines = connection.makefile("r", encoding="ascii", newline="\r\n")
            for line in map(str.strip, lines):
                self.lines.append(line)
                answer = self.answers.get(line, self.answers.get(line.split()[0], "250 well"))
                if answer is not None:
                    self.say(connection, answer)
                if line == "DATA":
                    self.mails.append("".join(iter(lines.readline, ".\r\n")))
                    self.say(connection, "250 taken")

    @staticmethod
    def say(connection, answer):
        connection.sendall(answer.encode() + b"\r\n")
