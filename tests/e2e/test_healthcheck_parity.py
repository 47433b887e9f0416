"""
The same options, the same states of the service, the same routes: ExaBGP's own healthcheck, what `exacheck import` makes
of its options, and `exacheck healthcheck`.

What differs on purpose: what is imported says a route when it is another one, theirs at every interval; and each end
withdraws what is announced, ours nothing else. So what is compared is what became of each route, and the states that hooks saw.
"""
import pytest

from harness.healthcheck import Diary, Service, Theirs, environment, histories, imported

pytestmark = pytest.mark.one_level

IP, OTHER = "198.18.5.1", "198.18.5.2"
QUICK = ("--interval", "0.2", "--fast-interval", "0.1", "--rise", "2", "--fall", "2")
UP, DOWN = ["RISING", "UP"], ["FALLING", "DOWN"]
EVERYTHING = (("up", UP), ("down", DOWN), ("up", UP), ("disabled", ["DISABLED"]), ("enabled", ["INIT", *UP]))
WHILE_DOWN = (("down", DOWN), ("disabled", ["DISABLED"]), ("enabled", ["INIT", *DOWN]))
COMMUNITIES = ("--community", "65000:1 65000:2")
AS_PATHS = ("--as-path", "65001", "--up-as-path", "65001 65002", "--down-as-path", "65001 65003 65003")
BOTH = ("--ip", IP, "--ip", OTHER)


def case(*arguments, steps=EVERYTHING, routes=1, **more):
    return {"arguments": arguments, "steps": steps, "routes": routes, **more}


CASES = {
    "default": case("--ip", IP),
    "withdraw-on-down": case("--ip", IP, "--withdraw-on-down"),
    "metrics": case("--ip", IP, "--up-metric", "10", "--down-metric", "0", "--disabled-metric", "70"),
    "communities": case("--ip", IP, *COMMUNITIES, "--disabled-community", "no-export", "--large-community", "65000:1:2",
                        "--extended-community", "target:65000:7"),
    "disabled-community": case("--ip", IP, "--disabled-community", "65000:9"),
    "as-path": case("--ip", IP, *AS_PATHS, "--disabled-as-path", "65001 65004"),
    "as-path-of-all": case("--ip", IP, "--as-path", "65001 65001"),
    "path-id": case("--ip", IP, "--path-id", "7", "--withdraw-on-down"),
    "no-path-id": case("--ip", IP, "--path-id", "0", steps=EVERYTHING[:2]),
    "neighbors": case("--ip", IP, "--neighbor", "192.0.2.7", "--neighbor", "192.0.2.8"),
    "disabled-first": case("--ip", IP, steps=(("disabled", ["DISABLED"]), *WHILE_DOWN[2:])),
    "disabled-while-down": case("--ip", IP, "--withdraw-on-down", steps=(EVERYTHING[0], *WHILE_DOWN)),
    "increase": case(*BOTH, "--ip", "2001:db8::5", "--increase", "20", "--start-ip", "1", routes=3),
    "no-increase": case(*BOTH, "--increase", "0", steps=EVERYTHING[:2], routes=2),
    "deaggregate": case("--ip", "198.18.6.0/30", "--deaggregate-networks", routes=4),
    "network": case("--ip", "198.18.6.0/30", steps=EVERYTHING[:2]),
    "preference": case("--ip", IP, "--local-preference", "0", "--next-hop", "192.0.2.1"),
    "rise-and-fall-1": case("--ip", IP, "--rise", "1", "--fall", "1", steps=(
        ("up", ["UP"]), ("down", ["DOWN"]), ("disabled", ["DISABLED"]), ("enabled", ["INIT", "DOWN"]), ("up", ["UP"]))),
    # only with it would five passes come in time
    "fast-interval": case("--ip", IP, "--interval", "300", "--rise", "5", steps=EVERYTHING[:1], again=False),
    "hooks": case("--ip", IP, specific=("up", "down", "disabled")),
    "file": case("--ip", OTHER, "--up-metric", "60", routes=2,
                 file=f"# a comment\n\nwithdraw-on-down\nip = {IP}\nup-metric = 50\n  community = 65000:1 65000:2\n"),
    "no-ack": case("--ip", IP, "--no-ack", steps=EVERYTHING[:2], acks=False),
}


class Trial:
    """One case: theirs, and ours on the same files but with a diary each."""

    def __init__(self, directory, keep, wanted):
        self.service = Service(directory)
        arguments = wanted["arguments"]
        if "file" in wanted:
            (directory / "options").write_text(wanted["file"])
            arguments = ("-F", str(directory / "options"), *arguments)
        self.arguments = (*QUICK, "--command", self.service.command, "--disable", str(self.service.disable),
                          "--no-ip-setup", "--no-syslog", *arguments)
        self.directory, self.keep, self.acks = directory, keep, wanted.get("acks", True)
        self.specific = wanted.get("specific", ())
        self.ours = []

    def begin(self, start, with_import=True):
        diary, options = self.options("theirs")
        self.theirs = self.keep(Theirs(options, diary, self.acks))
        if with_import:
            diary, options = self.options("import")
            self.ours.append((start(imported(options)), diary))
        diary, options = self.options("drop-in")
        self.ours.append((start(None, command=("healthcheck", *options), environment=environment(self.directory)), diary))

    def options(self, name):
        diary = Diary(self.directory / name)
        hooks = [word for state in self.specific for word in (f"--{state}-execute", f"echo for-$STATE >> {diary.path}")]
        return diary, (*self.arguments, "--execute", diary.hook, *hooks)

    def seen(self, states):
        """What hooks write of these states: those for one come first."""
        return [word for state in states
                for word in ([f"for-{state}", state] if state.lower() in self.specific else [state])]

    def agree(self, states):
        """Wait until ours have made of each route what theirs made of it, and run their hooks in the same states."""
        self.wait(histories(self.theirs.commands), states)

    def wait(self, wanted, states):
        for run, diary in self.ours:
            run.wait_for(lambda: ours_of(run) == wanted and diary.states() == states,
                         what=f"{wanted}, {states}: {ours_of(run)}, {diary.states()}")

    def end(self, states):
        """All is withdrawn; theirs fails at it when the signal comes while it writes, or reads an answer."""
        wanted = {key: past if past[-1] is None else [*past, None]
                  for key, past in histories(self.theirs.commands).items()}
        if self.theirs.end() == 0:
            assert histories(self.theirs.commands) == wanted
        for run, _ in self.ours:
            assert run.stop()[0] == 0
        self.wait(wanted, states)


def ours_of(run):
    return histories(command for _, command in run.rib.commands)


@pytest.mark.parametrize("name", CASES)
def test_the_same_of_each_route(start, directory, keep, name):
    wanted = CASES[name]
    trial = Trial(directory, keep, wanted)
    first, expected = wanted["steps"][0]
    trial.service.become(first)
    trial.begin(start)
    states = trial.seen(expected)
    trial.theirs.wait(states, wanted["routes"], wanted.get("again", True))
    trial.agree(states)
    for what, expected in wanted["steps"][1:]:
        trial.service.become(what)
        states += trial.seen(expected)
        trial.theirs.wait(states, wanted["routes"])
        trial.agree(states)
    trial.end(states)


def test_interval_0(start, directory, keep):
    """The end is that of the first verdict, with the route left."""
    trial = Trial(directory, keep, case("--ip", IP, "--interval", "0"))
    trial.service.become("up")
    trial.begin(start, with_import=False)
    assert trial.theirs.wait_exit() == 0
    assert [run.wait_exit() for run, _ in trial.ours] == [0]
    trial.agree(["RISING", "UP"])
    assert histories(trial.theirs.commands).keys() == {(f"{IP}/32", None, "*")}
