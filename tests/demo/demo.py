#!/usr/bin/python3
"""
make demo: a real ExaBGP with exacheck in its process block, a real BIRD as its peer, a small web server as
the service, all on loopback. Shows the route appearing in BIRD, stops the service, shows the route leaving,
starts it again. Ends by itself; leaves nothing behind.
"""
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import paths, processes  # noqa: E402
from harness.hostile import HttpServer  # noqa: E402
from harness.lab import Lab  # noqa: E402
from harness.wait import Timeout  # noqa: E402

PREFIX = "192.0.2.80/32"
INTERVAL = 1
RISE, FALL = 3, 2


def say(text):
    print(text, flush=True)


def configuration(port, directory):
    return {"exacheck": {"runtime_dir": str(directory / "runtime")}, "checks": [{
        "name": "web", "prefixes": [PREFIX], "nexthop": "self", "metric": 100, "communities": ["65000:80"],
        "interval": INTERVAL, "rise": RISE, "fall": FALL, "splay": False,
        "args": {"method": "http", "url": f"http://127.0.0.1:{port}/health", "timeout": 2, "http_timeout": 1,
                 "response": "healthy"}}]}


def show(lab):
    """What BIRD has learned from the session with ExaBGP."""
    text = lab.birdc("show", "route", "all", "protocol", "p4")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("BIRD", "Access"))]
    for line in lines or ["(no route)"]:
        say(f"    {line}")


def transitions(lab, since):
    """exacheck's own lines, which ExaBGP passes on, from a position of its log; returns the next position."""
    text = lab.exabgp.log()
    for line in text[since:].splitlines():
        if " web: " in line:
            say(f"    exacheck: {line}")
    return len(text)


def play(lab, server):
    begin = time.monotonic()
    position = 0
    say(f"A web server answers on 127.0.0.1 port {server.port}; every {INTERVAL} s exacheck asks it for /health.")
    lab.wait_route(PREFIX, "p4", timeout=30)
    say(f"\n{time.monotonic() - begin:.2f} s after the start the route is in BIRD ({RISE} passes):")
    position = transitions(lab, position)
    show(lab)

    gone = server.go_away()
    lab.wait_no_route(PREFIX, "p4", timeout=30)
    say(f"\nThe service was stopped; {time.monotonic() - gone:.2f} s later the route has left BIRD ({FALL} failures):")
    position = transitions(lab, position)
    show(lab)

    back = server.come_back()
    lab.wait_route(PREFIX, "p4", timeout=30)
    say(f"\nThe service was started again; {time.monotonic() - back:.2f} s later the route is back ({RISE} passes):")
    transitions(lab, position)
    show(lab)


def healthy(request):
    return b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhealthy\n"


def main():
    if not paths.EXACHECK.exists():
        sys.exit(f"{paths.EXACHECK} is not built: run make first")
    processes.adopt_orphans()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-demo-"))
    directory.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory)
        server = HttpServer(healthy)
        stack.callback(server.close)
        path = directory / "exacheck.yaml"
        path.write_text(json.dumps(configuration(server.port, directory), indent=1))
        lab = Lab(directory, [paths.EXACHECK, "run", "-f", path, "-v"])
        stack.callback(lab.close)
        try:
            play(lab.start(), server)
        except Timeout as error:
            sys.exit(f"{error}\n{lab.exabgp.log()[-3000:]}")
    say("\nAll ended; nothing was left behind.")


if __name__ == "__main__":
    main()
