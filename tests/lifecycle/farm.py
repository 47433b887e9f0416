"""
The services that checks look at, in a process of their own so that nothing the tests do delays an answer: TCP
ports that are open or closed, and files that exist or do not. Run as a program it is that process, told on its
stdin what to do, one line each, and answering each with one line. Invariant: a port keeps its number while closed.
"""
import json
import selectors
import socket
import subprocess
import sys
import time

from harness import processes

BACKLOG = 1024


class Ports:
    """`seen`: for each port the times at which somebody connected, CLOCK_MONOTONIC."""

    def __init__(self, count):
        self.selector = selectors.DefaultSelector()
        self.placeholders = [self.bound(0) for _ in range(count)]
        self.numbers = [sock.getsockname()[1] for sock in self.placeholders]
        self.listeners = [None] * count
        self.seen = [[] for _ in range(count)]
        for number in range(count):
            self.open(number)

    @staticmethod
    def bound(port):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.setblocking(False)
        return sock

    def open(self, number):
        if self.listeners[number] is None:
            self.listeners[number] = sock = self.bound(self.numbers[number])
            sock.listen(BACKLOG)
            self.selector.register(sock, selectors.EVENT_READ, number)

    def close(self, number):
        if self.listeners[number] is not None:
            self.selector.unregister(self.listeners[number])
            self.listeners[number].close()
            self.listeners[number] = None

    def accept(self, number):
        listener = self.listeners[number]
        if listener is None:
            return  # closed by a command that came with the connection
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        self.seen[number].append(time.monotonic())
        connection.close()

    def serve(self, commands):
        """Until the end of `commands`, a binary file whose lines are answered on stdout."""
        self.selector.register(commands, selectors.EVENT_READ, None)
        while True:
            for key, _ in self.selector.select():
                if key.data is not None:
                    self.accept(key.data)
                elif not self.obey(commands.readline().split()):
                    return

    def obey(self, words):
        if not words:
            return False
        verb, numbers = words[0], map(int, words[1:])
        if verb == b"seen":
            print(json.dumps(self.seen))
            self.seen = [[] for _ in self.seen]
        else:
            for number in numbers:
                {b"open": self.open, b"close": self.close}[verb](number)
            print("done")
        sys.stdout.flush()
        return True


class Farm:
    """The other end: `up` says of each service whether it is; the first `ports` are ports, the rest files."""

    def __init__(self, directory, ports, files=0):
        self.process = processes.start([sys.executable, __file__, str(ports)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, bufsize=0, env={"PYTHONPATH": ":".join(sys.path)})
        self.answers = self.process.stdout
        self.numbers = json.loads(self.read_line())
        self.paths = [directory / f"ready-{number}" for number in range(files)]
        self.up = [True] * (ports + files)
        for path in self.paths:
            path.write_text("ready\n")

    def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            more = self.answers.read(1 << 20)
            assert more, "the services ended by themselves"
            line += more
        return line

    def ask(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        return self.read_line()

    def turn(self, service, up):
        """Make it up or down; returns when it is."""
        self.up[service] = up
        if service < len(self.numbers):
            self.ask(f"{'open' if up else 'close'} {service}")
        elif up:
            self.paths[service - len(self.numbers)].write_text("ready\n")
        else:
            self.paths[service - len(self.numbers)].unlink(missing_ok=True)

    def args(self, service):
        if service < len(self.numbers):
            return {"method": "tcp", "host": "127.0.0.1", "port": self.numbers[service], "timeout": 2}
        return {"method": "file", "path": str(self.paths[service - len(self.numbers)]), "timeout": 2}

    def seen(self):
        """For each port the times at which somebody connected since this was last asked."""
        return json.loads(self.ask("seen"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        processes.finished(self.process)
        self.answers.close()


def main():
    ports = Ports(int(sys.argv[1]))
    print(json.dumps(ports.numbers), flush=True)
    ports.serve(open(sys.stdin.fileno(), "rb", buffering=0, closefd=False))


if __name__ == "__main__":
    main()
