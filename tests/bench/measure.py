"""The measurements: each takes one program's command and returns its figures; the floors beside them.

Touches loopback, temporary directories and the processes it starts.
"""

import collections
import contextlib
import selectors
import socket
import tempfile
import time

import processes
from figures import percentile
from helpers import Helper, Service, bare_cpu, make_certificates, target_address, target_prefix
from helpers import HelperError, SERVICE_NAME
from subject import FakeExabgp, Subject, SubjectError, check

INTERVAL_NS = 10**9
EDGE_NS = 300 * 10**6  # reading 1,000 processes' counters disturbs them: no lateness near such a reading
HTTPS_CHECKS = 200   # at most; what all workers share counts for each by that part
HTTPS_SECONDS = 10   # at most
FLOOR_SECONDS = 5
FLOOR_CONNECTS = 20000
FLOOR_HANDSHAKES = 300
WITHDRAW_TRIALS = 20


def lateness_ms(visits, begin_ns, end_ns):
    """How late each visit was against its target's grid, and how many visits are missing.

    The grid of a target is its interval with the phase of its earliest visit: a constant delay is not seen.
    """
    times = collections.defaultdict(list)
    for visit in visits:
        if begin_ns <= visit.at_ns < end_ns:
            times[visit.index].append(visit.at_ns)
    late = []
    expected = (end_ns - begin_ns) // INTERVAL_NS
    for stamps in times.values():
        phases = [(stamp - stamps[0] + INTERVAL_NS // 2) % INTERVAL_NS for stamp in stamps]
        late += [(phase - min(phases)) / 1e6 for phase in phases]
    missing = sum(max(0, expected - len(stamps)) for stamps in times.values())
    return late, missing, expected, len(times)


def window(members, seconds):
    """Watch processes for some seconds: (begin_ns, end_ns, ns of CPU used, processes)."""
    begin = time.monotonic_ns()
    before = processes.cpu_ns(members)
    begin = (begin + time.monotonic_ns()) // 2
    time.sleep(seconds)
    end = time.monotonic_ns()
    after = processes.cpu_ns(members)
    end = (end + time.monotonic_ns()) // 2
    if before.keys() != after.keys():
        raise SubjectError("%d processes ended while nothing happened" % len(before.keys() - after.keys()))
    return begin, end, sum(after.values()) - sum(before.values()), members


def cpu_per_visit_us(visits, begin_ns, end_ns, used_ns):
    count = sum(begin_ns <= visit.at_ns < end_ns for visit in visits)
    if count == 0:
        raise SubjectError("no execution reached the service")
    return used_ns / count / 1000


def worker_memory(prefix, sizes):
    """Figures of many like processes."""
    if not sizes or None in sizes:
        return {}
    pss, private = zip(*sizes)
    return {prefix + "_pss_mean": sum(pss) / len(pss), prefix + "_pss_max": max(pss),
            prefix + "_private": sum(private) / len(private)}


def memory(members, prefix, checks):
    """PSS figures of a tree; nothing where the kernel does not let us look."""
    sizes = {member.pid: processes.memory_kb(member) for member in members}
    own = worker_memory(prefix, [sizes[worker.pid] for worker in processes.workers(members)])
    if not own or None in sizes.values():
        return {}
    return dict(own, **{prefix + "_pss_root": sizes[members[0].pid][0],
                        prefix + "_pss_check": sum(pss for pss, _ in sizes.values()) / checks})


def measure_tcp(command, options):
    """Lateness, CPU and memory of many tcp checks, then the exit with every route announced."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Service(options.build, "sink") as sink:
        checks = [check(index, {"method": "tcp", "host": target_address(index), "port": sink.port})
                  for index in range(options.checks)]
        with Subject(command, directory, checks) as subject:
            start_s = subject.await_announced()
            begin, end, used, members = window(subject.settled(), options.seconds)
            values = memory(members, "tcp", options.checks)
            exit_s, announced, left = subject.terminate()
        visits = sink.visits()
    late, missing, expected, seen = lateness_ms(visits, begin + EDGE_NS, end - EDGE_NS)
    missing += (options.checks - seen) * expected
    values.update(start=start_s, exit=exit_s * 1000, exit_routes=announced, exit_left=left,
                  tcp_p50=percentile(late, 0.5), tcp_p99=percentile(late, 0.99), tcp_max=max(late),
                  tcp_missing=missing, tcp_cpu=cpu_per_visit_us(visits, begin, end, used))
    values["tcp_cpu_paced"] = values["tcp_cpu_herd"] = values["tcp_cpu"]
    return values


def measure_https(command, options):
    """CPU and memory of https checks that verify the server's chain and name."""
    count, seconds = min(HTTPS_CHECKS, options.checks), min(HTTPS_SECONDS, options.seconds)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        make_certificates(directory)
        with Service(options.build, "tls", "serve", directory + "/service.pem", directory + "/service.key") as tls:
            args = {"method": "http", "url": "https://%s:%d/" % (SERVICE_NAME, tls.port), "verify_ssl": True,
                    "ca_file": directory + "/ca.pem"}
            checks = [check(index, dict(args, host=target_address(index))) for index in range(count)]
            with Subject(command, directory, checks) as subject:
                subject.await_announced()
                begin, end, used, members = window(subject.settled(), seconds)
                values = memory(members, "https", count)
            visits = tls.visits()
    values["https_cpu"] = cpu_per_visit_us(visits, begin, end, used)
    return values


def listeners_open(count):
    """One listener for each target, all on the same port; (port, sockets)."""
    for _ in range(10):
        sockets = []
        try:
            port = 0
            for index in range(count):
                sockets.append(socket.create_server((target_address(index), port), backlog=64))
                port = sockets[0].getsockname()[1]
            return port, sockets
        except OSError:
            for opened in sockets:
                opened.close()
    raise HelperError("no port is free on %d loopback addresses" % count)


def close_after_visit(sockets, limit_s):
    """Close every listener right after a visit of its check: the longest time to the next one.

    One listener a time, so that they do not disturb each other. Returns {index: ns of the closing}.
    """
    closed, limit = {}, time.monotonic() + limit_s
    with selectors.DefaultSelector() as selector:
        for index, listener in enumerate(sockets):
            selector.register(listener, selectors.EVENT_READ, index)
        while len(closed) < len(sockets) and time.monotonic() < limit:
            for key, _ in selector.select(0.5):
                key.fileobj.accept()[0].close()
                if time.monotonic_ns() - max(closed.values(), default=0) < INTERVAL_NS // 10:
                    continue
                selector.unregister(key.fileobj)
                closed[key.data] = time.monotonic_ns()
                key.fileobj.close()
    if len(closed) < len(sockets):
        raise SubjectError("only %d of %d services were visited" % (len(closed), len(sockets)))
    return closed


def withdraw_delays_ms(sockets, exabgp):
    """From each closing to the withdraw line of its route."""
    closed = close_after_visit(sockets, 3 * WITHDRAW_TRIALS)
    wanted = {target_prefix(index): at for index, at in closed.items()}

    def said():
        return {prefix: at for at, verb, prefix in exabgp.events if verb == "withdraw"}

    if not exabgp.await_true(lambda: wanted.keys() <= said().keys(), 10):
        raise SubjectError("%d routes were not withdrawn in 10 s" % len(wanted.keys() - said().keys()))
    return [(at - wanted[prefix]) / 1e6 for prefix, at in said().items()]


def measure_withdraw(command, options):
    """From a port closed right after a check's visit to the withdraw line; interval 1, fall 1."""
    port, sockets = listeners_open(WITHDRAW_TRIALS)
    checks = [check(index, {"method": "tcp", "host": target_address(index), "port": port})
              for index in range(WITHDRAW_TRIALS)]
    with contextlib.ExitStack() as stack:
        for listener in sockets:
            stack.callback(listener.close)
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        subject = stack.enter_context(Subject(command, directory, checks))
        subject.await_announced()
        delays = withdraw_delays_ms(sockets, subject.exabgp)
    return {"withdraw_p50": percentile(delays, 0.5), "withdraw_max": max(delays)}


def floor_tcp(options):
    """A bare loop on the same grid, and as fast as it goes."""
    seconds = min(FLOOR_SECONDS, options.seconds)
    with Service(options.build, "sink") as sink:
        tight = bare_cpu(options.build, "bare", "tight", sink.port, options.checks, FLOOR_CONNECTS)
    with Service(options.build, "sink") as sink:
        paced = bare_cpu(options.build, "bare", "grid", sink.port, options.checks, seconds)
        visits = sink.visits()
    late, missing, _, _ = lateness_ms(visits, visits[0].at_ns, visits[-1].at_ns)
    return {"tcp_p50": percentile(late, 0.5), "tcp_p99": percentile(late, 0.99), "tcp_max": max(late),
            "tcp_missing": missing, "tcp_cpu": tight / 1000, "tcp_cpu_paced": paced / 1000}


def herd_memory(helper, prefix):
    return worker_memory(prefix, [processes.memory_kb(member) for member in processes.tree(helper.process.pid)[1:]])


def floor_processes(options):
    """As many bare processes as there are checks, and how long it takes to end and reap them."""
    with Service(options.build, "sink") as sink:
        with Helper(options.build, "bare", "herd", sink.port, options.checks, 0) as helper:
            begin = time.monotonic()
            helper.line()
            start_s = time.monotonic() - begin
            values = herd_memory(helper, "tcp")
            begin = time.monotonic()
            helper.finish()
            return dict(values, start=start_s, exit=(time.monotonic() - begin) * 1000)


def floor_herd(options):
    """A bare process for each check on the same grid."""
    with Service(options.build, "sink") as sink:
        with Helper(options.build, "bare", "herd", sink.port, options.checks, 1) as helper:
            helper.line()
            begin, end, used, _ = window(processes.tree(helper.process.pid), min(FLOOR_SECONDS, options.seconds))
        return {"tcp_cpu_herd": cpu_per_visit_us(sink.visits(), begin, end, used)}


def floor_https(options):
    """A bare OpenSSL client: CPU of a handshake, memory of a process that has done one."""
    count = min(HTTPS_CHECKS, options.checks)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        make_certificates(directory)
        ca = directory + "/ca.pem"
        with Service(options.build, "tls", "serve", directory + "/service.pem", directory + "/service.key") as tls:
            used = bare_cpu(options.build, "tls", "loop", ca, tls.port, count, FLOOR_HANDSHAKES)
            with Helper(options.build, "tls", "herd", ca, tls.port, count, 0) as helper:
                helper.line()
                return dict(herd_memory(helper, "https"), https_cpu=used / 1000)


def floor_withdraw(options):
    """The bare loop on its grid says when a target refuses it."""
    port, sockets = listeners_open(WITHDRAW_TRIALS)
    with contextlib.ExitStack() as stack:
        for listener in sockets:
            stack.callback(listener.close)
        helper = stack.enter_context(Helper(options.build, "bare", "grid", port, WITHDRAW_TRIALS, 8))
        exabgp = FakeExabgp(helper.process.stdout.fileno(), None)
        exabgp.start()
        delays = withdraw_delays_ms(sockets, exabgp)
        helper.process.wait()
        exabgp.join()
    return {"withdraw_p50": percentile(delays, 0.5), "withdraw_max": max(delays)}
