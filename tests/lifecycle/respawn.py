"""
What ExaBGP runs as its helper in the lifecycle tests: a script that becomes exacheck, its log in a file; or, run
as a program, one that starts exacheck again as soon as it ended, on the same stdin and stdout, as ExaBGP does -
only that ExaBGP 4.2 gives up at the fifth death in 64 seconds, and this never. Invariant: the pid file names an
exacheck that runs or has just ended, never anything else.
"""
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

PID, EXITS, HOLD = "exacheck.pid", "exits", "hold"


def write_script(directory, argv, log_path, respawn):
    """The command for ExaBGP's process block."""
    script = directory / "helper"
    argv = [str(word) for word in argv]
    if respawn:
        run = [sys.executable, __file__, str(directory), *argv]
        body = f"exec {shlex.join(run)} 2>>{log_path}\n"
    else:
        body = f"echo $$ >{directory / PID}\nexec {shlex.join(argv)} 2>>{log_path}\n"
    script.write_text(f"#!/bin/sh\n{body}")
    script.chmod(0o755)
    return [script]


def master_pid(directory):
    """0 while there is none."""
    try:
        return int((directory / PID).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def exits(directory):
    """[(time, how it ended as waitpid has it)], of every exacheck that ended."""
    try:
        return [json.loads(line) for line in (directory / EXITS).read_text().splitlines()]
    except FileNotFoundError:
        return []


def put(path, text):
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    os.rename(new, path)


def main():
    directory, argv = pathlib.Path(sys.argv[1]), sys.argv[2:]
    ending = []
    process = None

    def end(number, frame):
        ending.append(number)
        if process and process.poll() is None:
            process.send_signal(number)

    signal.signal(signal.SIGTERM, end)
    while not ending:
        while (directory / HOLD).exists() and not ending:
            time.sleep(0.002)
        process = subprocess.Popen(argv, close_fds=False)
        put(directory / PID, str(process.pid))
        if ending:
            process.send_signal(signal.SIGTERM)
        code = process.wait()
        with open(directory / EXITS, "a") as file:
            file.write(json.dumps([time.monotonic(), code]) + "\n")
        if code >= 0:  # by itself, as when ExaBGP is gone
            break


if __name__ == "__main__":
    main()
