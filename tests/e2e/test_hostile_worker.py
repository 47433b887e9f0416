"""
Workers and spawners that break the protocol in every way that tests/hostile/words.h has words for. Whatever they do,
their check fails and is withdrawn in time; the other checks of the same method and of others, ExaBGP and the
supervisor itself never notice.
"""
import re
import shutil
import time

import pytest

from harness import late, paths, processes
from harness.config import check, config, prefix
from harness.hostile import TcpServer
from harness.wait import wait_until
from test_faults import cpu_seconds, reason_number

pytestmark = pytest.mark.one_level

DOUBLE = paths.BUILD / "hostile" / "double"
INTERVAL = 0.3
TIMEOUT = 1.0
FALL = 2
GRACE = 3.0 * paths.SLOWNESS  # a loaded machine's
BOUND = TIMEOUT + 0.25 + (FALL + 1) * INTERVAL + GRACE  # from the last good result to the withdraw

ARGUMENTS = {
    "http": {"url": "http://127.0.0.1:1/", "http_timeout": 0.5},
    "dns": {"host": "127.0.0.1", "query": "a.test", "dns_timeout": 0.5},
    "ntp": {"host": "127.0.0.1", "ntp_timeout": 0.5},
    "icmp": {"host": "127.0.0.1", "count": 1, "icmp_timeout": 0.5},
    "file": {"path": "/nonexistent"},
    "shell": {"command": "true"},
}


def arguments(method):
    return {"method": method, "timeout": TIMEOUT, **ARGUMENTS[method]}


class Hostile:
    """
    One exacheck: an honest tcp check, and for each method a neighbour of the double's that is honest, and victims,
    which do what the words after the "@" in their name say.
    """

    def __init__(self, start, keep, directory, victims, victim=None):
        """victims: a list of (method, words); victim: options of their checks."""
        self.build = paths.copy_build(directory)
        self.methods = sorted({method for method, _ in victims})
        for method in self.methods:
            (self.build / "libexec" / f"worker-{method}").unlink()
            shutil.copy(DOUBLE, self.build / "libexec" / f"worker-{method}")
        self.server = keep(TcpServer())
        self.names = {}  # prefix -> name
        checks = [self.check("other", {"method": "tcp", "host": "127.0.0.1", "port": self.server.port,
                                       "timeout": TIMEOUT, "tcp_timeout": 0.5}, fall=1)]
        checks += [self.check(f"neighbour {method}", arguments(method), fall=1) for method in self.methods]
        self.victims = [f"{method} @{words}" for method, words in victims]
        checks += [self.check(name, arguments(method), **(victim or {}))
                   for name, (method, _) in zip(self.victims, victims)]
        self.honest = ["other", *(f"neighbour {method}" for method in self.methods)]
        self.start = lambda: start(config(*checks), build=self.build)
        self.run = None

    def check(self, name, args, **options):
        self.names[name] = prefix(len(self.names))
        return check(name, args, prefixes=[self.names[name]], **{"interval": INTERVAL, "fall": FALL, **options})

    def begin(self):
        """Start, and wait until the honest ones are up."""
        self.run = self.start()
        for name in self.honest:
            self.run.wait_route(self.names[name], timeout=30)
        self.tcp_worker, self.launcher = self.run.worker("other"), self.run.launcher()
        return self.run

    def trace(self):
        """(time, pid, what, name) of what the doubles said they did."""
        path = self.build / "libexec" / "trace"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(float(when), int(pid), what, name) for when, pid, what, name in (line.split(" ", 3) for line in lines)]

    def changes(self, name):
        return self.run.rib.changes_of(self.names[name])

    def assert_honest_undisturbed(self):
        """Up since they came up, by the workers that they had, and still executed."""
        count = self.server.count
        self.run.wait_for(lambda: self.server.count >= count + 3, what="further executions of the honest check")
        for name in self.honest:
            assert [up for _, up in self.changes(name)] == [True], f"{name}\n{self.run.story()}"
        assert self.run.worker("other") == self.tcp_worker
        assert processes.alive(self.launcher)
        lives = [name for _, _, what, name in self.trace() if what == "worker" and name in self.honest]
        assert sorted(lives) == sorted(set(lives)), f"a neighbour was replaced\n{self.run.story(400)}"
        assert cpu_seconds(self.run.pid) < 2.5 * paths.SLOWNESS, "the supervisor is kept busy"

    def assert_nothing_stray(self):
        """No route that nobody configured, no descriptor that a double passed along, no word that it does not know."""
        assert {key[0] for _, _, key in self.run.rib.changes} <= set(self.names.values()), self.run.story()
        places = processes.descriptors(self.run.pid).values()
        assert "/dev/zero" not in places, places
        assert len(places) < len(self.names) + len(self.methods) + 20, places
        assert not [entry for entry in self.trace() if entry[2] == "unknown"]

    def wait_down(self, timeout):
        for name in self.victims:
            self.run.wait_transition(name, "down", timeout=timeout)
            self.run.wait_no_route(self.names[name], timeout=timeout)

    def assert_withdrawn_in_time(self):
        """Of victims that were good at first: announced once, withdrawn within the bound of the last good result."""
        turned = {name: when for when, _, what, name in self.trace() if what == "turned"}
        wrong = {}
        for name in self.victims:
            changes = self.changes(name)
            if [up for _, up in changes] != [True, False]:
                wrong[name] = changes
            elif not turned[name] - INTERVAL < changes[1][0] < turned[name] + BOUND:
                wrong[name] = f"withdrawn {changes[1][0] - turned[name]:.3f} s after its last good result"
        assert not wrong, f"{wrong}\n{self.run.story()}"

    def finish(self):
        self.assert_honest_undisturbed()
        self.assert_nothing_stray()
        left = [pid for _, pid, _, _ in self.trace()]
        self.run.stop()
        wait_until(lambda: not any(map(processes.alive, left)), what="end of every process of the doubles")


# What a worker does wrong at once. Each is done by a worker that never gave a result, and by one that gave two.
OUT_OF_TURN = ["spawn", "ready", "spawned", "job", "pace", "launch"]
FIELDS = [
    "result:code=3", "result:code=77", "result:code=0xffffffff", "result:reason=1", "result:code=1", "result:code=2",
    f"result:code=1:reason={reason_number('LEASE')}", f"result:code=1:reason={reason_number('SPAWN')}",
    "result:code=1:reason=9999", "result:code=1:reason=0xffffffff", "result:last=2", "result:last=0xffffffff",
    "result:off_grid=1", "result:off_grid=2", "result:duration_ns=-1", "result:duration_ns=-9223372036854775808",
    "result:duration_ns=9223372036854775807", "result:duration_ns=60000000000",
    "disabled:disabled=2", "disabled:disabled=0xffffffff", "log:level=6", "log:level=0xffffffff",
]
SHAPES = [
    "random=0", "random=1", "random=7", "random=8", "random=300", "random=8000",
    "result:size=4", "result:size=8", "result:size=231", "result:size=233", "result:size=4000", "result:length=231",
    "result:length=4000", "result:length=0", "result:length=0xffffffff", "result:length=4000:size=4000",
    "result:type=0", "result:type=11", "result:type=12", "result:type=32", "result:type=39", "result:type=0xffffffff",
    "log:type=7", "result:type=9", "leaving:size=9", "leaving:size=7",
    *(f"{kind}:fds={count}" for kind in ("result", "log", "disabled", "leaving", "started") for count in (1, 40)),
]
ENDS = ["close", "exit=0", "exit=1", "kill=9", "kill=15"]
IMPOSTORS = ["child result", "child log", "orphan go", "child sleep=50 close", "setsid child result"]
WRONG_AT_ONCE = [*OUT_OF_TURN, *FIELDS, *SHAPES, *ENDS, *IMPOSTORS, "started", "leaving"]
OUT_OF_TIME = ["result", "leaving leaving"]

# What is no message, but silence.
SILENCES = ["hang", "kill=19", "spin", "stdout", "child hang", "child close hang", "disabled:disabled=0 hang",
            "log hang"]


def in_groups(items, count):
    return [items[start::count] for start in range(count)]


def short(words):
    return re.sub(r"\W+", "-", words[0])


@pytest.mark.parametrize("group", in_groups(WRONG_AT_ONCE, 2), ids=short)
def test_worker_wrong_before_any_result(start, keep, directory, group):
    """Before "started", and between that and the first grid point: never announced, though it would give passes."""
    words = [f"{before}{bad} started go" for bad in group for before in ("", "started ")]
    hostile = Hostile(start, keep, directory, [("http", item) for item in words])
    run = hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    assert not [name for name in hostile.victims if hostile.changes(name)], run.story()
    hostile.finish()


@pytest.mark.parametrize("group", in_groups(WRONG_AT_ONCE + OUT_OF_TIME, 2), ids=short)
def test_worker_wrong_after_good_results(start, keep, directory, group):
    """Announced by two good results, withdrawn for what comes then."""
    hostile = Hostile(start, keep, directory, [("http", f"started first=2 {bad} hang") for bad in group])
    hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    hostile.assert_withdrawn_in_time()
    hostile.finish()


@pytest.mark.parametrize("proven", (False, True), ids=("never proven", "proven"))
def test_worker_silent(start, keep, directory, proven):
    """Silence in all its forms: each interval is a failure from the missed lease on, whatever lives behind it."""
    good = "started first=2" if proven else "started"
    words = [f"{good} {silence}" for silence in SILENCES]
    if proven:
        words.append("started first=2 due result:code=1:reason=1:last=1 hang")
    else:
        words += ["hang", "kill=19", "child started go", "close hang"]
    hostile = Hostile(start, keep, directory, [("http", item) for item in words])
    run = hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    if proven:
        hostile.assert_withdrawn_in_time()
    else:
        assert not [name for name in hostile.victims if hostile.changes(name)], run.story()
    hostile.finish()


def test_hanging_again_and_again_fails_at_the_interval(start, keep, directory):
    """After the first missed lease a failure an interval, not one a timeout; a successor is not killed early."""
    name = "http @started first=2 hang"
    build = paths.copy_build(directory)
    (build / "libexec" / "worker-http").unlink()
    shutil.copy(DOUBLE, build / "libexec" / "worker-http")
    run = start(config(check(name, {**arguments("http"), "timeout": 3}, interval=INTERVAL, fall=6)), build=build)
    run.wait_route(prefix(0))
    run.wait_no_route(prefix(0), timeout=40)
    trace = (build / "libexec" / "trace").read_text().splitlines()
    turned, = [float(line.split()[0]) for line in trace if " turned " in line]
    down = run.rib.changes_of(prefix(0))[1][0] - turned
    assert 3 + 5 * INTERVAL < down < 3.25 + 7 * INTERVAL + GRACE, run.story()
    lives = [line for line in trace if " worker " in line]
    assert len(lives) == 2, lives


def test_worker_floods(start, keep, directory):
    """Messages without end: they end the worker that sends them, and cost the supervisor next to nothing."""
    floods = ["log flood", "disabled:disabled=0 flood", "result flood", "started flood", "random=0 flood",
              "leaving flood", "log:level=4 flood", "random=8000 flood", "log:text=full flood", "started:fds=60 flood"]
    hostile = Hostile(start, keep, directory, [("http", f"started first=2 {flood}") for flood in floods])
    hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    hostile.assert_withdrawn_in_time()
    hostile.finish()


def test_worker_floods_with_disabled(start, keep, directory):
    """As a flood, and as what it says: the check is disabled."""
    hostile = Hostile(start, keep, directory, [("http", "started first=2 disabled flood")])
    run = hostile.begin()
    run.wait_transition(hostile.victims[0], "disabled")
    run.wait_log("worker lost (violation)")
    run.wait_no_route(hostile.names[hostile.victims[0]])
    hostile.finish()


def test_worker_texts(start, keep, directory):
    """What a worker writes is a line of the log, whatever is in it, and never a command; too many are counted."""
    texts = ["result:text=full go", "result:text=control go", "result:text=inject go", "started:sandbox=control go",
             "started:sandbox=inject go", "log:text=inject go", "log:text=control go", "log:text=full go"]
    victims = [("http", text if text.startswith("started") else f"started due {text}") for text in texts]
    hostile = Hostile(start, keep, directory, [*victims, ("dns", "started due log:text=talk repeat=100 go")])
    begin = time.monotonic()
    run = hostile.begin()
    for name in hostile.victims:
        run.wait_route(hostile.names[name])
    talker = hostile.victims[-1]

    def written():
        return [line for line in run.logged("talk") if line.endswith(": talk")]

    def dropped():
        return [int(line.partition(f"{talker}: ")[2].split(" ")[0]) for line in run.logged("were dropped")]

    run.wait_for(lambda: len(written()) + sum(dropped()) == 101, 40, "every line, written or counted")
    assert 20 <= len(written()) < 30 + 5 * late.total(begin), run.story()
    assert not [line.text for line in run.log if line.text.startswith(("announce", "withdraw"))]
    assert not run.logged("worker lost")
    assert all(line.text.isprintable() for line in run.log)
    hostile.finish()


def test_worker_leaves_processes_behind(start, keep, directory):
    """
    A process that left its worker holds the channel and sends valid results: nobody listens, and the end finds it.
    """
    words = ["started first=2 orphan go", "started first=2 orphan spin", "started orphan go", "orphan started go",
             "started first=2 orphan orphan orphan go", "started first=2 setsid child go"]
    hostile = Hostile(start, keep, directory, [("http", item) for item in words])
    run = hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    for name in hostile.victims:
        proven = "first=" in name
        assert [up for _, up in hostile.changes(name)] == ([True, False] if proven else []), run.story()
    assert [pid for _, pid, what, _ in hostile.trace() if what == "orphan" and processes.alive(pid)]
    hostile.finish()


def test_worker_that_never_reads(start, keep, directory):
    """What the supervisor has to tell it fills its channel and is dropped then; nobody waits."""
    hostile = Hostile(start, keep, directory, [("http", "started flap")], victim={"interval": 0.01, "fall": 1})
    run = hostile.begin()
    name, = hostile.victims
    run.wait_log(f"{name}: worker does not take its pace", timeout=60)
    count = len(hostile.changes(name))
    run.wait_for(lambda: len(hostile.changes(name)) > count + 20, what="further changes")
    assert not run.logged("worker lost")
    hostile.finish()


# Spawners. What is after "|" the worker does, if there is one. They begin when the neighbours' workers run: a spawner
# that ends while it is being started takes along what it has made by then.
AT_FIRST = "sleep=400"
SPAWNERS = [
    "hang", "exit=0", "exit=1", "kill=9", "kill=19", "spin", "close hang", "random=300", "random=0", "random=7",
    "ready:protocol=2", "ready:protocol=0", "started", "result", "leaving", "job", "launch", "pace", "spawn",
    "fork spawned:id=77|started go", "fork spawned:id=0xffffffff|started go",
    "spawned:pid=0:error=11", "spawned:pid=0:error=0", "spawned:pid=-1", "spawned:pid=77:error=5",
    "spawned:pid=1", "spawned:pid=0x7fffffff", "spawned:pid=self", "spawned:pid=parent", "spawned:pid=sibling",
    "spawned:pid=launcher", "spawned:pid=worker", "spawned:pid=spawner",
    "other started hang", "stdout hang", "fork-own report|started go", "fork decoy report|started go",
    "fork report other result|sleep=50 started go", "fork report other started|hang", "decoy other started report|hang",
    "fork spawned:fds=60|started go",
    "ready:fds=1", "log:fds=40", "ready flood", "log flood", "log:level=9", "spawned:size=19", "ready:size=13",
    "fork|setsid sleep=50 started go", "fork sleep=100 report|setsid started go", "fork report|started orphan go",
]
# What spawners do wrong once they have given what was asked for: their workers go on.
TOO_LATE = ["fork report report|started go", "fork report exit=0|started go", "fork report random=300|started go",
            "fork report close hang|started go", "fork report kill=19|started go", "fork report log flood|started go"]


@pytest.mark.parametrize("group", in_groups(SPAWNERS, -(-len(SPAWNERS) // len(ARGUMENTS))), ids=short)
def test_spawner(start, keep, directory, group):
    """Whatever a spawner says or names as its worker: nothing is announced for that, and nobody else is killed."""
    hostile = Hostile(start, keep, directory, [(method, f"{AT_FIRST} {words}{'' if '|' in words else '|'}")
                                               for method, words in zip(ARGUMENTS, group)])
    run = hostile.begin()
    hostile.wait_down(40 * paths.SLOWNESS)
    time.sleep(2)
    hostile.assert_honest_undisturbed()
    assert not [name for name in hostile.victims if hostile.changes(name)], run.story()
    hostile.finish()


def test_spawner_wrong_too_late(start, keep, directory):
    """A spawner's end is not its workers'."""
    hostile = Hostile(start, keep, directory, [(method, f"{AT_FIRST} {words}")
                                               for method, words in zip(ARGUMENTS, TOO_LATE)])
    run = hostile.begin()
    for name in hostile.victims:
        run.wait_route(hostile.names[name], timeout=40 * paths.SLOWNESS)
    time.sleep(2)
    assert all([up for _, up in hostile.changes(name)] == [True] for name in hostile.victims), run.story()
    hostile.finish()


def test_spawner_names_a_stranger(start, keep, directory):
    """A process that is no child of the supervisor's is not taken for a worker, and never signalled."""
    stranger = processes.start(["sleep", "600"])
    try:
        hostile = Hostile(start, keep, directory, [("http", f"spawned:pid={stranger.pid}|")])
        hostile.begin()
        hostile.wait_down(40 * paths.SLOWNESS)
        time.sleep(INTERVAL + TIMEOUT)
        hostile.finish()
        assert stranger.poll() is None, "the stranger was killed"
    finally:
        stranger.kill()
        stranger.wait()
        processes.finished(stranger)


def test_spawner_never_ready(start, keep, directory):
    """READY is for people: without it a spawner may serve."""
    hostile = Hostile(start, keep, directory, [("http", "started go")])
    (hostile.build / "libexec" / "never-ready").write_text("")
    run = hostile.begin()
    run.wait_route(hostile.names[hostile.victims[0]])
    hostile.finish()
