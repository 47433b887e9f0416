"""shell: exit codes, output that must stay away from ExaBGP, time-outs that leave nothing behind."""
import os
import time

from harness import processes
from harness.config import LEVEL, check, config, prefix, run_cases
from harness.exacheck import EXIT_LIMIT
from harness.wait import wait_until


def shell(command, **more):
    return {"method": "shell", "command": command, **more}


def test_verdicts(start, directory):
    found = run_cases(start, {
        "true": (shell("true"), "pass"),
        "false": (shell("false"), "fail exit"),
        "exit 7": (shell("exit 7"), "fail exit"),
        "not found": (shell("no-such-command-here"), "fail exit"),
        "signal": (shell("kill -SEGV $$"), "fail signal"),
        "pipeline": (shell("echo healthy | grep -q healthy && test 1 -lt 2"), "pass"),
        "environment": (shell('test "$COLOUR" = "deep blue" && test "$NUMBER" = 5',
                              environment={"COLOUR": "deep blue", "NUMBER": 5}), "pass"),
        "named": (shell('test "$CHECK" = named'), "pass"),
        "minimal environment": (shell('test -z "$SECRET" && test -n "$PATH"'), "pass"),
        "timeout": (shell("sleep 30", timeout=0.5), "fail timeout"),
        "boolean": (shell(True), "pass"),
        "stdin is empty": (shell("! read line"), "pass"),
        "no descriptors but the three": (shell('test "$(ls /proc/self/fd | wc -l)" -le 4'), "pass"),
    }, environment={"SECRET": "sesame"})
    assert "7" in found["exit 7"].text
    assert 450 <= found["timeout"].milliseconds < 2000


def test_output_goes_nowhere(start):
    """What a command prints would be a BGP command on exacheck's stdout."""
    evil = "announce route 10.0.0.0/8 next-hop 192.0.2.66"
    run = start(config(
        check("talks", shell(f"echo '{evil}'; echo '{evil}' >&2; head -c 300000 /dev/zero | tr '\\0' y; true")),
        check("talks straight", shell(f"echo '{evil}' > /dev/stdout; echo '{evil}' > /proc/$PPID/fd/1; true"),
              prefixes=[prefix(1)]),
    ))
    run.wait_route(prefix(0))
    run.wait_for(lambda: any(t.check == "talks straight" for t in run.transitions), what="a verdict")
    time.sleep(0.5)
    assert "10.0.0.0/8" not in run.rib.prefixes()
    assert b"10.0.0.0" not in bytes(run.stdout.raw)


def test_output_tells_why(start):
    found = run_cases(start, {"says why": (shell("echo 'disk is full' >&2; exit 3"), "fail exit")})
    assert "disk is full" in found["says why"].text


def sleepers(mark):
    return [pid for pid in processes.all_pids() if processes.alive(pid) and mark in processes.cmdline(pid)]


def test_timeout_ends_the_whole_group(start):
    """Children of the command, and those that ignore SIGTERM, are gone after the time-out."""
    mark = f"{300 + os.getpid() / 1e7:.7f}"  # a sleep that only this test runs
    run = start(config(check("forks", shell(
        f"trap '' TERM; (trap '' TERM; sleep {mark}) & sleep {mark}", timeout=1), interval=30)))
    wait_until(lambda: sleepers(mark), what="the command's sleeps")
    assert run.wait_transition("forks", "down").reason == "timeout"
    wait_until(lambda: not sleepers(mark), what="the end of the command's sleeps")


def test_running_command_does_not_delay_the_end(start):
    mark = f"{400 + os.getpid() / 1e7:.7f}"
    run = start(config(check("slow", shell(f"trap '' TERM; sleep {mark}; sleep {mark}", timeout=60), interval=60)))
    wait_until(lambda: sleepers(mark), what="the command's sleep")
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    wait_until(lambda: not sleepers(mark), what="the end of the command")


def test_background_process_does_not_block(start):
    """A command that leaves a process holding its output is over when it is over."""
    found = run_cases(start, {"leaves": (shell("sleep 3 & true", timeout=2), "pass")}, options={"interval": 3})
    assert found["leaves"].milliseconds < 1500


def test_runs_as_somebody_else(start):
    if os.geteuid() != 0:
        expected = os.geteuid()
        run_cases(start, {"same": (shell(f'test "$(id -u)" = {expected}'), "pass")})
        return
    run_cases(start, {
        "not root": (shell('test "$(id -u)" != 0 && test "$(id -ru)" != 0 && test "$(id -g)" != 0'), "pass"),
        "no other groups": (shell('for g in $(id -G); do test "$g" != 0 || exit 1; done'), "pass"),
        "no capabilities": (shell("grep -q '^CapEff:.0000000000000000$' /proc/self/status"), "pass"),
        "no way back": (shell("grep -q '^NoNewPrivs:.1$' /proc/self/status"), "fail exit" if LEVEL == "off" else "pass"),
    })


def test_named_user(start):
    if os.geteuid() != 0:
        run_cases(start, {"any": (shell("true"), "pass")})
        return
    run_cases(start, {"daemon": (shell('test "$(id -un):$(id -gn)" = daemon:daemon'), "pass")},
              settings={"user": "daemon"})
