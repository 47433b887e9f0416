"""Services whose next answer the benchmark says: which is asked when, how often, and when it dies.

Touches loopback listeners and its own threads. What was answered is noted before the answer is sent, so that
nobody can act on an answer that has no time.
"""

import os
import select
import socket
import threading
import time

PROBE = 'exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r answer <&3 && [ "$answer" = 1 ]\n'


def write_probe(directory):
    """A script that asks an Oracle: its exit status is the answer. Returns the command without the port."""
    path = os.path.join(directory, "probe")
    with open(path, "w") as file:
        file.write(PROBE)
    os.chmod(path, 0o755)
    return "bash " + path


class Answerer(threading.Thread):
    """Accepts on a port of the kernel's choice; a context manager that ends with the listener."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.is_set():
            if select.select([self.listener], [], [], 0.05)[0]:
                self.take(self.listener.accept()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        self.listener.close()  # whoever is in its queue is reset


class Oracle(Answerer):
    """Answers 1 or 0: from the script while there is one, then what `healthy` says."""

    def __init__(self, script=""):
        self.script = list(script)
        self.healthy = True
        self.asked = []  # ns of each question
        self.told = threading.Condition()
        super().__init__()

    def take(self, connection):
        with self.told:
            answer = self.script.pop(0) if self.script else "01"[self.healthy]
            self.asked.append(time.monotonic_ns())
            self.told.notify_all()
        with connection:
            try:
                connection.sendall(answer.encode() + b"\n")
            except OSError:
                pass  # whoever asked was killed

    def die_after_question(self, limit_s):
        """Be unhealthy from right after the next question on; ns of that moment, None if nobody asks."""
        with self.told:
            before = len(self.asked)
            if not self.told.wait_for(lambda: len(self.asked) > before, limit_s):
                return None
            self.healthy = False
            return time.monotonic_ns()

    def asked_until(self, at_ns):
        """How many questions were answered by then."""
        with self.told:
            return sum(asked <= at_ns for asked in self.asked)


class Holder(Answerer):
    """Accepts and keeps what it accepted, as a service does that crashes later."""

    def __init__(self):
        self.connections = []
        super().__init__()

    def take(self, connection):
        self.connections.append(connection)

    def crash(self):
        """Every connection and the listener are gone; ns of that moment."""
        self.__exit__()
        at = time.monotonic_ns()
        for connection in self.connections:
            connection.close()
        return at
