"""
Metrics as Prometheus and OpenMetrics have them, by HTTP and in a file; status files; and what is made of metrics: alert
rules and a dashboard. Parsers and linters are others'.
"""
import json
import os
import re
import signal
import time

import pytest

from harness import metrics, paths
from harness.config import check, config, prefix
from harness.control import ask
from harness.reload import refused, reload, write
from harness.wait import wait_until
from harness.web import Web, pid_of

pytestmark = pytest.mark.one_level

PACKAGING = paths.REPOSITORY / "packaging"
RULES = PACKAGING / "prometheus" / "exacheck.rules.yml"
DASHBOARD = PACKAGING / "grafana" / "exacheck.json"
NASTY = "a \\ b.{}/ü"
LIMIT = 20 * paths.SLOWNESS


@pytest.fixture
def service(directory):
    """A file: while it is there, the service is up."""
    place = directory / "service"
    place.mkdir(mode=0o755)
    (place / "alive").touch()
    return place / "alive"


def document(service, listen, interval=0.5, **settings):
    """Two checks and a group of both; one has a name that wants escapes, and fails."""
    return {
        **config(check("web", {"method": "file", "path": str(service)}, fall=2, interval=interval, path_id=7),
                 check(NASTY, {"method": "file", "path": f"{service}.never"}, prefixes=[prefix(1)]), **settings),
        "groups": [{"name": "both", "members": ["web", NASTY], "require": "any", "prefixes": [prefix(2)]}],
        "metrics": {"listen": listen},
    }


def routes(found):
    """Whether the routes of web, of the other check and of the group are announced."""
    labels = ({"check": "web", "path_id": "7"}, {"check": NASTY}, {"group": "both"})
    return tuple(found.value("exacheck_route_announced", prefix=prefix(number), **more)
                 for number, more in enumerate(labels))


def documented():
    """The names of metrics in exacheck(8), section METRICS."""
    text = (paths.REPOSITORY / "man" / "exacheck.8").read_text()
    section = re.search(r"^\.Sh METRICS$(.*?)^\.Sh ", text, re.MULTILINE | re.DOTALL)[1]
    return set(re.findall(r"^\.It Va (exacheck_[a-z_]+)", section, re.MULTILINE))


def expressions():
    """Every PromQL expression of the dashboard, with its variables filled in."""
    def targets(panels):
        for panel in panels:
            yield from panel.get("targets", ())
            yield from targets(panel.get("panels", ()))

    return [re.sub(r"\$(\w+)", lambda found: {"__rate_interval": "1m"}.get(found[1], ".*"), target["expr"])
            for target in targets(json.loads(DASHBOARD.read_text())["panels"])]


def test_exposed(start, service):
    """A service comes and goes, the metrics with it; both formats say the same; names are as documented and used."""
    web = Web()
    run = start(document(service, web.listen))
    run.wait_log("exacheck-web: ready", LIMIT)
    # what is of exacheck itself is told at other times than what is of its checks
    up = metrics.wait_metrics(
        web, lambda found: routes(found) == (1, 0, 1) and found.value("exacheck_exabgp_connected") == 1
        and found.value("exacheck_exabgp_pending") == 0
        and found.value("exacheck_check_state", check=NASTY, state="down") == 1, "routes of what is up", LIMIT)
    assert up.value("exacheck_up") == up.value("exacheck_check_up", check="web") == 1
    assert up.value("exacheck_group_up", group="both") == up.value("exacheck_group_weight", group="both") == 1
    assert up.value("exacheck_check_up", check=NASTY) == 0
    assert up.value("exacheck_check_executions_total", check=NASTY, result="fail", reason="missing") >= 1
    assert 0 <= time.time() - up.value("exacheck_start_time_seconds") < 600
    assert 0 <= time.time() - up.value("exacheck_check_last_change_timestamp_seconds", check="web") < 600

    service.unlink()
    grow = [("exacheck_check_transitions_total", {"check": "web"}, 2),
            ("exacheck_group_transitions_total", {"group": "both"}, 1),
            ("exacheck_check_duration_seconds_count", {"check": "web"}, 2),
            ("exacheck_check_duration_seconds_bucket", {"check": "web", "le": "+Inf"}, 2),
            ("exacheck_exabgp_commands_total", {"verb": "withdraw"}, 2)]
    down = metrics.wait_metrics(
        web, lambda found: routes(found) == (0, 0, 0) and all(
            found.value(name, **labels) >= up.value(name, **labels) + least for name, labels, least in grow),
        "routes of what is down, and counters", LIMIT)
    assert down.value("exacheck_check_state", check="web", state="down") == 1
    assert down.value("exacheck_check_executions_total", check="web", result="fail", reason="missing") >= 2
    ask(run, "disable", names=["web"], reason="by hand")
    taken = metrics.wait_metrics(
        web, lambda found: found.value("exacheck_check_overridden", check="web") == 1, "an override", LIMIT)
    assert taken.value("exacheck_check_state", check="web", state="disabled") == 1
    assert 0 <= time.time() - taken.value("exacheck_check_override_timestamp_seconds", check="web") < 600
    assert taken.value("exacheck_check_overridden", check=NASTY) == 0
    write(run, "checks: nothing")
    assert refused(run)
    counted = metrics.wait_metrics(
        web, lambda found: found.value("exacheck_config_reloads_total", result="refused") == 1, "a refusal", LIMIT)

    kind, text = metrics.fetch(web)
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert not metrics.promtool("check", "metrics", text=text)
    kind, text = metrics.fetch(web, metrics.ACCEPT_OPENMETRICS)
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8" and text.endswith("\n# EOF\n")
    assert metrics.Metrics(text, metrics.openmetrics).samples.keys() == metrics.read(web).samples.keys()

    assert counted.names() == documented()
    used = metrics.families_of(RULES.read_text()) | metrics.families_of(" ".join(expressions()))
    assert used <= counted.names(), used - counted.names()


def test_files(start, service, directory):
    """The textfile, and status files: what they say while it runs, after a reload, and at the end."""
    written, status = directory / "written", directory / "status"
    written.mkdir()
    written.chmod(0o777)  # whoever exacheck-web is
    directory.chmod(0o777)  # there the other directory is made
    textfile = written / "exacheck.prom"
    settings = {**document(service, None, 2, status_dir=str(status)), "metrics": {"textfile": str(textfile)}}
    nasty = status / NASTY.replace("/", "%2F")
    run = start(settings)

    def says(path, state):
        """Wait until it has this state; returns its other lines."""
        def lines():
            return path.read_text().split("\n") if path.exists() else [""]

        wait_until(lambda: lines()[0] == f"Service State: {state}", LIMIT, f"{path.name}: {state}")
        return lines()[1:]

    date, nexthop, addresses, end = says(status / "web", "UP")
    assert re.fullmatch(r"Last State Change: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", date)
    assert (nexthop, addresses, end) == ("Nexthop: self", f"Managed IP's: {prefix(0)} ", "")
    says(nasty, "DOWN")
    says(status / "both", "UP")
    service.unlink()
    says(status / "web", "UP | FALLING 1/2")
    says(status / "web", "DOWN")
    wait_until(lambda: {path.name for path in status.iterdir()} == {"web", "both", nasty.name}, LIMIT,
               "these files and no others")
    wait_until(textfile.exists, LIMIT, "the textfile")
    found = metrics.Metrics(textfile.read_text())
    assert found.value("exacheck_up") == 1 and found.value("exacheck_check_up", check="web") is not None
    assert not metrics.promtool("check", "metrics", text=found.text)
    assert textfile.stat().st_mode & 0o777 == 0o644

    os.kill(pid_of(run), signal.SIGKILL)  # its successor knows what to write
    service.touch()
    says(status / "web", "UP")
    del settings["groups"], settings["checks"][1]
    reload(run, settings)
    wait_until(lambda: [path.name for path in status.iterdir()] == ["web"], LIMIT, "files of what is gone to go")
    os.kill(pid_of(run), signal.SIGINT)  # ^C is for all who have the terminal
    run.stop(signal.SIGINT)
    says(status / "web", "TERMINATED")
    assert metrics.Metrics(textfile.read_text()).samples == {("exacheck_up",): 0}
    assert [path.name for path in written.iterdir()] == [textfile.name]


def test_files_that_cannot_be(start, service, directory):
    """A clear word on each, and the checks go on; what is in the way is overcome as soon as it is gone."""
    run = start({**document(service, None, status_dir=str(directory / "not" / "there")),
                 "metrics": {"textfile": str(directory / "neither" / "exacheck.prom")}})
    run.wait_log(f"exacheck-web: exacheck.status_dir {directory}/not/there cannot be used: No such file", LIMIT)
    run.wait_log(
        f"exacheck-web: metrics.textfile {directory}/neither/exacheck.prom: its directory cannot be opened", LIMIT)
    run.wait_route(prefix(0), LIMIT)
    status = directory / "status"
    (status / "web").mkdir(parents=True)
    status.chmod(0o777)
    reload(run, document(service, None, status_dir=str(status)))
    run.wait_log(f"exacheck-web: exacheck.status_dir {status}: the file of web cannot be written: ", LIMIT)
    wait_until((status / "both").exists, LIMIT, "what can be written")
    (status / "web").rmdir()
    wait_until((status / "web").is_file, LIMIT, "what could not be written")


@pytest.mark.shipped
def test_packaging(tmp_path):
    """Prometheus takes the rules and every expression of the dashboard, and each alert fires when it should."""
    assert not metrics.promtool("check", "rules", RULES)
    assert not metrics.promtool("test", "rules", paths.REPOSITORY / "tests" / "prometheus" / "exacheck.rules.test.yml")
    found = expressions()
    assert len(found) > 20 and len({panel["id"] for panel in json.loads(DASHBOARD.read_text())["panels"]}) > 20
    recorded = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(found)]
    rules = tmp_path / "dashboard.yml"
    rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": recorded}]}))
    assert not metrics.promtool("check", "rules", rules)
