"""
Servers in Python whose every answer a test decides, well-behaved or hostile. Each listens on a port of
its own, records what it saw with times, and can go away and come back on the same port.
"""
import contextlib
import select
import socket
import struct
import threading
import time

from .network import claim_port


class Script:
    """Outcomes for consecutive executions, such as "PPFP": the n-th execution gets the n-th, the last repeats."""

    def __init__(self, outcomes):
        self.outcomes = outcomes
        self.seen = []  # (time, passed)
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            passed = self.peek()
            self.seen.append((time.monotonic(), passed))
            return passed

    def peek(self):
        """What the next execution will get."""
        return self.outcomes[min(len(self.seen), len(self.outcomes) - 1)] == "P"

    def count_until(self, when):
        """Executions seen up to a time."""
        return sum(1 for seen, _ in self.seen if seen <= when)


def make_socket(kind, host, port=0, namespace=None):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = namespace.socket(family, kind) if namespace else socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


class Server(threading.Thread):
    """Calls handle() while the socket is readable."""

    kind = socket.SOCK_STREAM

    def __init__(self, host="127.0.0.1", port=0, namespace=None):
        super().__init__(daemon=True)
        self.host, self.namespace = host, namespace
        self.wake_read, self.wake_write = socket.socketpair()
        self.lock = threading.Lock()
        self.stopping = False
        self.seen = []  # (time, peer address)
        self.open_connections = []
        self.claim = None
        if not port and not namespace:  # where nobody else may get it while this is away
            port, self.claim = claim_port(host)
        self.sock = make_socket(self.kind, host, port, namespace)
        self.port = self.sock.getsockname()[1]
        self.listen()
        self.start()

    def listen(self):
        if self.kind == socket.SOCK_STREAM:
            self.sock.listen(1024)

    @property
    def count(self):
        return len(self.seen)

    def go_away(self):
        """Close the port."""
        with self.lock:
            if self.sock:
                self.sock.close()
                self.sock = None
        self.wake_write.send(b"x")
        return time.monotonic()

    def come_back(self):
        """Open the same port again."""
        with self.lock:
            if not self.sock:
                self.sock = make_socket(self.kind, self.host, self.port, self.namespace)
                self.listen()
        self.wake_write.send(b"x")
        return time.monotonic()

    def run(self):
        while not self.stopping:
            with self.lock:
                watched = [self.wake_read] + ([self.sock] if self.sock else [])
            try:
                ready = select.select(watched, [], [])[0]
            except (OSError, ValueError):
                continue  # the socket was closed meanwhile
            if self.wake_read in ready:
                self.wake_read.recv(4096)
            elif ready:
                self.handle_ready()

    def handle_ready(self):
        with self.lock:
            sock = self.sock
            try:
                peer, data, connection = self.receive(sock)
            except (OSError, AttributeError):
                return
        self.seen.append((time.monotonic(), peer))
        try:
            self.handle(connection, peer, data)
        except OSError:
            pass  # the client went away

    def receive(self, sock):
        connection, peer = sock.accept()
        connection.settimeout(5)
        return peer, b"", connection

    def handle(self, connection, peer, data):
        raise NotImplementedError

    def close(self):
        self.stopping = True
        self.go_away()
        self.join(5)
        for connection in self.open_connections:
            connection.close()
        self.wake_read.close()
        self.wake_write.close()
        if self.claim:
            self.claim.close()


class TcpServer(Server):
    """Accepts and closes; or what `behaviour` says: close, reset, silent (keeps the connection, says nothing)."""

    def __init__(self, behaviour="close", **where):
        self.behaviour = behaviour
        super().__init__(**where)

    def handle(self, connection, peer, data):
        if self.behaviour == "silent":
            self.open_connections.append(connection)
            return
        if self.behaviour == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


class Talker(Server):
    """script(connection) runs in a thread of its own, for each connection; then the connection is closed."""

    def __init__(self, script, **where):
        self.script = script
        super().__init__(**where)

    def handle(self, connection, peer, data):
        threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with contextlib.suppress(OSError), connection:  # the client, or the test, has gone
            self.script(connection)


def udp_beside(server, answer):
    """A Udp server on a TCP server's port; None when somebody else has that port."""
    try:
        return Udp(answer, host=server.host, port=server.port)
    except OSError:
        return None


class FullBacklog:
    """A port whose queue of connections is full: the next connect is never answered."""

    def __init__(self, host="127.0.0.1"):
        self.sock = make_socket(socket.SOCK_STREAM, host)
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket(self.sock.family, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex((host, self.port))
            self.fillers.append(filler)
        time.sleep(0.05)

    def close(self):
        for sock in (*self.fillers, self.sock):
            sock.close()


class Request:
    """What an HTTP client sent."""

    def __init__(self, head, body):
        first, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = (first.split(" ") + ["", "", ""])[:3]
        self.headers = {}
        for field in fields:
            name, _, value = field.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body = body


def read_request(connection):
    """One HTTP/1 request, None when the client closed before it was whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    request = Request(head, body)
    length = int(request.headers.get("content-length", 0))
    while len(request.body) < length:
        more = connection.recv(65536)
        if not more:
            return None
        request.body += more
    return request


def http_response(status=200, body=b"ok\n", headers=()):
    head = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class HttpServer(Server):
    """answer(request) gives the bytes of the response, or an iterator of pieces; None: close at once."""

    def __init__(self, answer=None, **where):
        self.answer = answer or (lambda request: http_response())
        self.requests = []
        super().__init__(**where)

    def handle(self, connection, peer, data):
        threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection:
            try:
                request = read_request(connection)
                if request is None:
                    return
                self.requests.append(request)
                response = self.answer(request)
                pieces = [response] if isinstance(response, bytes) else response or []
                for piece in pieces:
                    connection.sendall(piece)
                if request.method != "HEAD":
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                return


class Udp(Server):
    """answer(query, peer) gives a list of datagrams to send back."""

    kind = socket.SOCK_DGRAM

    def __init__(self, answer, **where):
        self.answer = answer
        self.queries = []
        super().__init__(**where)

    def receive(self, sock):
        data, peer = sock.recvfrom(65536)
        return peer, data, sock

    def handle(self, connection, peer, data):
        self.queries.append(data)
        for datagram in self.answer(data, peer):
            connection.sendto(datagram, peer)
