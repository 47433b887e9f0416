"""What exacheck-web exposes to Prometheus, read by others' parsers."""
import re
import subprocess
import urllib.request

from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics

from .wait import wait_until

ACCEPT_OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
NAME = re.compile(r"\bexacheck_[a-z_]+\b")


def fetch(web, accept=None):
    """(content type, text)"""
    request = urllib.request.Request(f"http://{web.listen}/metrics", headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


class Metrics:
    """One text of them. parser: that of the format."""

    def __init__(self, text, parser=prometheus):
        self.text = text
        self.families = list(parser.text_string_to_metric_families(text))
        self.samples = {(sample.name, *sorted(sample.labels.items())): sample.value
                        for family in self.families for sample in family.samples}

    def value(self, name, **labels):
        """None: there is no such sample."""
        return self.samples.get((name, *sorted(labels.items())))

    def names(self):
        """Of families, as Prometheus' text format has them: a histogram's is that of its samples without their ends."""
        return set(re.findall(r"^# TYPE (\S+)", self.text, re.MULTILINE))


def read(web):
    return Metrics(fetch(web)[1])


def wait_metrics(web, predicate, what, timeout=20):
    """Wait until the metrics are such; returns them. exacheck-web answers by now."""
    found = []

    def look():
        metrics = read(web)
        if predicate(metrics):
            found.append(metrics)
        return bool(found)

    wait_until(look, timeout, what, pause=0.1)
    return found[0]


def families_of(text):
    """The families that a text about metrics names: samples of histograms are of the family of theirs."""
    return {re.sub(r"(duration_seconds)_(bucket|sum|count)$", r"\1", name) for name in NAME.findall(text)}


def promtool(*arguments, text=None):
    """What it finds wrong; "" is nothing."""
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 and not done.stderr else done.stdout + done.stderr
