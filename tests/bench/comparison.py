"""What is compared: each function takes a contender and returns figures.

A value is a number, NEVER for what did not happen within the limit, or text. Touches loopback and temporary
directories.
"""

import contextlib
import os
import signal
import statistics
import tempfile
import time

import processes
from contenders import check
from daemon import Daemon
from helpers import Service
from oracle import Holder, Oracle, write_probe
from subject import SETTLE_S, SubjectError

NEVER = "never"
LIMIT_S = 20
MINUTE_S = 60
MANY = 20        # checks
TRIALS = 10      # services that die
STORM = 6        # times a check's process is killed: one more than ExaBGP lets a process of its own end in a minute
SAMPLES = 5
FOREIGN = "203.0.113.66/32"
WATCH_S = 8      # executions are a second apart
# rise, fall, what the service answers, and after which answers the route comes and goes, by counting those in a row
EXACTNESS = [
    (1, 1, "10", [1, 2]),
    (2, 2, "101100", [4, 6]),
    (3, 3, "110111001000", [6, 12]),
    (3, 1, "1011101110", [5, 6, 9, 10]),
    (1, 3, "100100010", [1, 7, 8]),
]


@contextlib.contextmanager
def running(contender, make_checks):
    """A run in a directory of its own, once every route is announced; make_checks(directory) says of what."""
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        os.chmod(directory, 0o755)  # for the commands of workers, which are another user when this one is root
        checks = make_checks(directory)
        with contender.begin(directory, checks) as run:
            for prefix in {one["prefix"] for one in checks if one["metric"]}:
                if run.await_event("announce", prefix, 0, LIMIT_S) is None:
                    raise SubjectError("%s was not announced in %d s" % (prefix, LIMIT_S))
            yield run


@contextlib.contextmanager
def asked(contender, count=1, **keys):
    """A run whose checks ask an Oracle each: (run, oracles)."""
    with contextlib.ExitStack() as stack:
        oracles = [stack.enter_context(Oracle()) for _ in range(count)]

        def make_checks(directory):
            probe = write_probe(directory)
            return [check(1 + number, "%s %d" % (probe, one.port), **keys) for number, one in enumerate(oracles)]

        yield stack.enter_context(running(contender, make_checks)), oracles


def seconds(at_ns, since_ns):
    return NEVER if at_ns is None else (at_ns - since_ns) / 1e9


def median_ms(delays):
    return NEVER if NEVER in delays else 1000 * statistics.median(delays)


def pss_kb(process):
    sizes = processes.memory_kb(process)
    if sizes is None:
        time.sleep(0.1)  # one that is just ending has no memory any more
        if process.alive():
            raise SubjectError("the kernel does not tell how much memory a process has: be root")
    return sizes[0] if sizes else 0


def pss_mb(contender, count):
    """All of the program's processes, between executions as a rule: the median of some looks."""
    with running(contender, lambda _: [check(1 + number, "true") for number in range(count)]) as run:
        time.sleep(SETTLE_S)
        looks = []
        for _ in range(SAMPLES):
            looks.append(sum(pss_kb(member) for member in run.present()) / 1000)
            time.sleep(0.3)
    return statistics.median(looks)


def measure_memory(contender, options):
    """memory of 1 and of 20 checks"""
    return {"pss_1": pss_mb(contender, 1), "pss_20": pss_mb(contender, MANY)}


def cpu_ns(run, for_s):
    """CPU that the processes used which are there before and after, and the seconds between."""
    time.sleep(SETTLE_S)
    first, begin = run.usage(), time.monotonic()
    time.sleep(for_s)
    last, end = run.usage(), time.monotonic()
    return sum(used - first[process] for process, used in last.items() if process in first), end - begin


def measure_cpu(contender, options):
    """CPU of executions: of a command, and of a connection made as the program can"""
    with running(contender, lambda _: [check(1 + number, "true") for number in range(MANY)]) as run:
        used, elapsed = cpu_ns(run, options.seconds)
    values = {"cpu_shell": used / (MANY * elapsed) / 1e6}
    with Service(options.build, "sink") as sink:

        def make_checks(directory):
            script = os.path.join(directory, "connect")
            with open(script, "w") as file:
                file.write(': <"/dev/tcp/127.0.0.1/$1"\n')
            os.chmod(script, 0o755)
            return [check(1 + number, "bash %s %d" % (script, sink.port),
                          args={"method": "tcp", "host": "127.0.0.1", "port": sink.port}) for number in range(MANY)]

        with running(contender, make_checks) as run:
            used, elapsed = cpu_ns(run, options.seconds)
    return dict(values, cpu_tcp=used / (MANY * elapsed) / 1e6)


def measure_death(contender, options):
    """from a service's death right after an execution to the withdraw line, interval 1, fall 1"""
    with asked(contender, TRIALS) as (run, oracles):
        delays = []
        for number, oracle in enumerate(oracles):
            died = oracle.die_after_question(LIMIT_S)
            if died is None:
                raise SubjectError("check %d is not executed" % (1 + number))
            delays.append(seconds(run.await_event("withdraw", "10.2.0.%d/32" % (1 + number), died, LIMIT_S), died))
    return {"death": median_ms(delays)}


def measure_watch(contender, options):
    """the same, of a service that crashes, noticed by the end of a connection (exacheck's `watch`)"""
    delays = []
    for _ in range(TRIALS // 2):
        with Holder() as service:
            args = {"method": "tcp", "host": "127.0.0.1", "port": service.port, "watch": True}
            with running(contender, lambda _: [check(1, "false", args=args)]) as run:
                time.sleep(0.5)
                crashed = service.crash()
                delays.append(seconds(run.await_event("withdraw", "10.2.0.1/32", crashed, LIMIT_S), crashed))
    return {"watch": median_ms(delays)}


def withdraw_after(contender, harm):
    """Seconds from a service's death, to whose check's process harm(run) was done before, to the withdraw line."""
    with asked(contender) as (run, oracles):
        harm(run)
        died = time.monotonic_ns()
        oracles[0].healthy = False
        return seconds(run.await_event("withdraw", "10.2.0.1/32", died, LIMIT_S), died)


def fall_silent(run):
    """For some executions before the service dies."""
    run.fall_silent()
    time.sleep(SETTLE_S)


def measure_harm(contender, options):
    """a dead service whose check's process is killed, stopped, or not answered by ExaBGP"""
    return {"killed": withdraw_after(contender, lambda run: os.kill(run.victim(), signal.SIGKILL)),
            "stopped": withdraw_after(contender, lambda run: os.kill(run.victim(), signal.SIGSTOP)),
            "unanswered": withdraw_after(contender, fall_silent)}


def measure_storm(contender, options):
    """what becomes of a real ExaBGP when a check's process is killed again and again"""
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        os.chmod(directory, 0o755)
        line = contender.process_line(directory, [check(1, "sleep 0.1")])
        with Daemon(directory, line) as exabgp:
            killed = exabgp.kill_often(contender.victim, STORM, MINUTE_S)
            time.sleep(SETTLE_S)
            if killed < STORM and not exabgp.ended():
                raise SubjectError("killed only %d times" % killed)
            return {"storm": "ends after %d" % killed if exabgp.ended() else "goes on"}


def measure_output(contender, options):
    """a command that prints an ExaBGP command; answers that are left unread"""
    with running(contender, lambda _: [check(1, "echo announce route %s next-hop self" % FOREIGN)]) as run:
        leaked = run.await_event("announce", FOREIGN, 0, 3)
        unread = run.unread()
    return {"leaked": "yes" if leaked else "no", "unread": unread}


def absence(events, prefix, since_ns, until_ns):
    """How often the route came or went in that time, and for how many seconds it was away."""
    up, count, away, left = False, 0, 0, 0
    for at, verb, where in events:
        now = verb == "announce"
        if where != prefix or now == up or at > until_ns:
            continue
        if since_ns < at:
            count += 1
            away += (at - max(left, since_ns)) if now else 0
        up, left = now, at
    return count, (away + (0 if up else until_ns - max(left, since_ns))) / 1e9


def measure_shared(contender, options):
    """two checks of one prefix, of which one fails"""
    with contextlib.ExitStack() as stack:
        oracles = [stack.enter_context(Oracle()) for _ in range(2)]

        def make_checks(directory):
            probe = write_probe(directory)
            return [check(1, "%s %d" % (probe, one.port)) for one in oracles]

        run = stack.enter_context(running(contender, make_checks))
        time.sleep(SETTLE_S)
        since = time.monotonic_ns()
        oracles[1].healthy = False
        time.sleep(WATCH_S)
        count, _ = absence(run.events(), "10.2.0.1/32", since, time.monotonic_ns())
        return {"shared": {0: "stays", 1: "leaves"}.get(count, "flaps, %d times" % count)}


def measure_change(contender, options):
    """another MED in the configuration: how long the route is away meanwhile"""
    with asked(contender, rise=2) as (run, oracles):
        one = check(1, None, rise=2, metric=200)
        since = time.monotonic_ns()
        run.change([dict(one, command="bash %s %d" % (os.path.join(run.directory, "probe"), oracles[0].port))])
        if run.await_event("announce", "10.2.0.1/32", since, LIMIT_S) is None:
            return {"change": NEVER}
        return {"change": absence(run.events(), "10.2.0.1/32", since, time.monotonic_ns())[1]}


def crossings(events, prefix, oracle):
    """After how many answers the route came and went, in turn."""
    up, found = False, []
    for at, verb, where in events:
        if where == prefix and (verb == "announce") != up:
            up = not up
            found.append(oracle.asked_until(at))
    return found


def measure_exactness(contender, options):
    """whether rise and fall count what is in a row"""
    with contextlib.ExitStack() as stack:
        oracles = [stack.enter_context(Oracle(script)) for _, _, script, _ in EXACTNESS]

        def make_checks(directory):
            probe = write_probe(directory)
            return [check(1 + number, "%s %d" % (probe, oracle.port), rise=case[0], fall=case[1])
                    for number, (case, oracle) in enumerate(zip(EXACTNESS, oracles))]

        run = stack.enter_context(running(contender, make_checks))
        limit = time.monotonic() + 2 * max(len(script) for _, _, script, _ in EXACTNESS)
        while any(oracle.script for oracle in oracles) and time.monotonic() < limit:
            time.sleep(0.1)
        time.sleep(0.9)  # what the last answer leads to, but no further execution
        exact = 0
        for number, ((_, _, script, expected), oracle) in enumerate(zip(EXACTNESS, oracles)):
            found = crossings(run.events(), "10.2.0.%d/32" % (1 + number), oracle)
            exact += [at for at in found if at <= len(script)] == expected
    return {"exact": "%d of %d" % (exact, len(EXACTNESS))}
