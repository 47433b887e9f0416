"""A real ExaBGP that runs a process, without anybody to talk BGP to: does it outlive a process that dies often?

Touches the processes it starts, a directory, and a port of loopback on which nobody listens.
"""

import os
import signal
import subprocess
import time

import processes
from subject import SubjectError

EXABGP = ["/usr/bin/python3", "-m", "exabgp"]
CONFIGURATION = """
process checks {
	run %s;
	encoder text;
}
neighbor 127.0.0.2 {
	router-id 127.0.0.1;
	local-address 127.0.0.1;
	local-as 65001;
	peer-as 65002;
	connect %d;
	family { ipv4 unicast; }
	api { processes [ checks ]; }
}
"""
NOBODY_LISTENS = 1
EXIT_LIMIT_S = 10


class Daemon:
    """ExaBGP with one process; a context manager that ends it and what it left behind."""

    def __init__(self, directory, command):
        path = os.path.join(directory, "exabgp.conf")
        with open(path, "w") as file:
            file.write(CONFIGURATION % (command, NOBODY_LISTENS))
        self.log = open(os.path.join(directory, "exabgp.log"), "wb")
        environment = dict(os.environ, exabgp_daemon_user="root", exabgp_api_cli="false",
                           exabgp_log_destination="stderr", exabgp_tcp_port="0")
        self.process = subprocess.Popen([*EXABGP, path], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=environment, start_new_session=True)
        self.met = {}

    def present(self):
        """Processes below ExaBGP; remembered, for the end."""
        found = processes.tree(self.process.pid)[1:]
        self.met.update({(process.pid, process.start): process for process in found})
        return found

    def ended(self):
        return self.process.poll() is not None

    def kill_often(self, victim_of, times, limit_s):
        """SIGKILL for the process victim_of(processes) names, whenever there is a new one: how often it was done."""
        killed, limit = set(), time.monotonic() + limit_s
        while len(killed) < times and time.monotonic() < limit and not self.ended():
            victim = victim_of(self.present())
            if victim is not None and (victim.pid, victim.start) not in killed:
                time.sleep(0.3)  # it is at work by then
                if victim.alive():
                    os.kill(victim.pid, signal.SIGKILL)
                    killed.add((victim.pid, victim.start))
            time.sleep(0.1)
        if not killed:
            raise SubjectError("ExaBGP started no process that could be killed")
        return len(killed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.present()
        if not self.ended():
            self.process.terminate()
            try:
                self.process.wait(EXIT_LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for process in self.met.values():
            if process.alive():
                os.kill(process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
