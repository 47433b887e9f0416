"""
ExaBGP is killed and started again while exacheck runs on its own beside it: the whole table is back, with every
attribute, soon after ExaBGP accepts commands and its sessions are there, each time.
"""
import pathlib
import random
import shutil
import tempfile
import time

import edits
import model
from bird import Bird
from ending import Outcome
from farm import Farm
from harness import paths
from harness.lab import loopback
from harness.standalone import Pipes, Service
from harness.wait import Timeout, wait_until

CHECKS, PORTS = 100, 20
RESTARTS = 10
BACK = 5.0 * paths.SLOWNESS  # seconds
LIMIT = 60.0  # for what is not measured


class Restarts:
    def __init__(self, stack, seed):
        self.outcome = Outcome()
        self.dice = random.Random(f"{seed} restarts")
        directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-lifecycle-"))
        directory.chmod(0o755)
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        self.farm = Farm(directory, PORTS)
        stack.callback(self.farm.close)
        bird4 = loopback()
        self.lab = Pipes(directory, bird4=bird4)
        stack.callback(self.complain_if, self.lab.close)
        self.lab.start()
        self.bird = Bird(self.lab.control, directory / "bird.log")
        stack.callback(self.bird.close)
        editor = edits.Editor(self.dice, PORTS)
        self.checks = [editor.new_check() for _ in range(CHECKS)]
        for check in self.checks:
            check.timing = {"interval": 1, "fast_interval": 0.1, "rise": 1, "fall": 2}
        for service in self.dice.sample(range(PORTS), PORTS // 5):
            self.farm.turn(service, False)
        document = {"exacheck": {"runtime_dir": str(directory / "runtime"),
                                 "exabgp": {"output": f"fifo {self.lab.place}"}},
                    "checks": [check.document(self.farm, {"p4": bird4, "p6": "::1"}) for check in self.checks]}
        self.run = Service(directory, document)
        stack.callback(self.complain_if, self.run.finish)

    def complain_if(self, act):
        try:
            act()
        except AssertionError as error:
            self.outcome.complaints.append("; ".join(str(error).splitlines()[:3]))

    def differences(self):
        return model.differences(model.wanted(self.checks, self.farm.up), self.bird.routes())

    def wait_table(self, limit, what):
        deadline = time.monotonic() + limit
        while (wrong := self.differences()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if wrong:
            self.outcome.complaints.append(f"{what}: {len(wrong)} routes after {limit:.1f} s: {wrong[:3]}")

    def restart(self, number):
        """Returns how long the table took. A service turns meanwhile, so that the table to come is another one."""
        self.lab.exabgp.kill()
        wait_until(lambda: not self.lab.accepts() and not self.bird.established(), LIMIT, "the end of ExaBGP")
        service = self.dice.randrange(PORTS)
        self.farm.turn(service, not self.farm.up[service])
        time.sleep(self.dice.uniform(0, 1))
        self.lab.exabgp.start()
        wait_until(lambda: self.lab.accepts() and self.bird.established() == set(model.PEERS), LIMIT, "ExaBGP", 0.005)
        begin = time.monotonic()
        self.wait_table(BACK, f"restart {number}")
        return time.monotonic() - begin

    def perform(self):
        self.wait_table(LIMIT, "the start")
        taken = [self.restart(number) for number in range(1, RESTARTS + 1)]
        routes = len(model.wanted(self.checks, self.farm.up))
        self.outcome.notes.append(f"{RESTARTS} restarts, {routes} routes: back in {min(taken):.2f} to {max(taken):.2f} s")


def perform(stack, seed):
    restarts = Restarts(stack, seed)
    try:
        restarts.perform()
    except Timeout as error:
        restarts.outcome.complaints.append(str(error))
    return restarts.outcome
