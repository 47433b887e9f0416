"""Who is told by notifications: a server for json:// targets that keeps what it is sent, and can fail in any way."""
import json
import threading

from .hostile import HttpServer, http_response
from .wait import wait_until


class Receiver(HttpServer):
    """statuses: of the answers to the first messages; the last one repeats."""

    def __init__(self, *statuses):
        self.statuses = list(statuses) or [200]
        self.letters = []  # that were taken: answered with 200
        self.refused = []
        self.turn = threading.Lock()
        super().__init__(self.take)

    @property
    def url(self):
        return f"json://127.0.0.1:{self.port}/hook"

    def take(self, request):
        with self.turn:
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            (self.letters if status == 200 else self.refused).append(json.loads(request.body))
        return http_response(status)

    def events(self):
        """All that was told in detail, in order."""
        return [event for letter in self.letters for event in letter["events"]]

    def told(self, name):
        """The sum of a figure of all letters."""
        return sum(letter["summary"][name] for letter in self.letters)

    def wait(self, what, timeout=30.0, **expected):
        """Wait for an event with these values; returns the letter."""
        def find():
            return [letter for letter in self.letters for event in letter["events"]
                    if all(event[key] == value for key, value in expected.items())]

        return wait_until(find, timeout, what)[0]
