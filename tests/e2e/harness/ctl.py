"""
exacheck-ctl as people and scripts run it: to its end, or on a terminal of any size; and a stand-in for the exacheck
that it talks to, which says what the test wants said.
"""
import fcntl
import grp
import json
import os
import pty
import pwd
import select
import socket
import struct
import subprocess
import termios
import threading
import time

from . import paths
from .crashes import assert_no_crash

PATIENCE = 60  # seconds


def environment(extra=None):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("LC_") and name not in ("LANG", "NO_COLOR", "EXACHECK_SOCKET", "TERM")}
    return {**clean, "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color", **(extra or {})}


def ctl(*arguments, env=None, user=None, program=paths.EXACHECK_CTL):
    """To its end, with standard output and error in pipes."""
    other = {"user": user, "group": grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name, "extra_groups": []} if user else {}
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          errors="backslashreplace", env=environment(env), cwd="/", **other)
    assert_no_crash(done.stderr.splitlines(), done.returncode)
    return done


def on_terminal(columns, *arguments, env=None, lines=50):
    """(exit code, what it wrote) on a terminal of this size, with the terminal's line ends undone."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen([str(paths.EXACHECK_CTL), *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
                               env=environment(env), cwd="/")
    os.close(slave)
    text = b""
    deadline = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline:
            if select.select([master], [], [], 1)[0]:
                text += os.read(master, 65536)
    except OSError:
        pass  # EIO: all ends of the other side are closed
    finally:
        os.close(master)
    code = process.wait(PATIENCE)
    return code, text.decode().replace("\r\n", "\n")


class Stand:
    """
    Listens at a path. answer(request) is called with each request (a dict) and returns what is said to it: a list of
    dicts, or bytes as they are; None ends the connection.
    """

    def __init__(self, path, answer):
        self.path, self.answer = path, answer
        self.requests = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(path))
        self.socket.listen(8)
        self.ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ended:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, client.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                self.requests.append(request)
                said = self.answer(request)
                if said is None:
                    return
                if not isinstance(said, bytes):
                    said = b"".join(json.dumps(line).encode() + b"\n" for line in said)
                try:
                    client.sendall(said)
                except OSError:
                    return

    def close(self):
        self.ended = True
        self.socket.close()
