"""
Fixtures. `start` runs exacheck and checks at the end of the test what must hold after every run: stdout
held whole valid commands only, SIGTERM ended it with 0 in time and every route withdrawn, no process left.
"""
import contextlib
import os
import pathlib
import shutil
import tempfile

import pytest

from harness import daemons, late, paths, processes
from harness.config import LEVEL
from harness.exacheck import Exacheck
from harness.network import Namespace
from harness.pki import Authority


def pytest_sessionstart(session):
    processes.adopt_orphans()
    late.start()
    missing = [path for path in (paths.EXACHECK, *(paths.LIBEXEC / f"worker-{program}" for program in paths.WORKERS))
               if not path.exists()]
    if missing:
        pytest.exit(f"not built: {', '.join(map(str, missing))} (make, or set EXACHECK_BUILD)", returncode=3)


def pytest_configure(config):
    config.addinivalue_line("markers", "one_level: how workers are confined is of no account here, or is said by the test")
    config.addinivalue_line("markers", "shipped: of documents and examples more than of the program")


def pytest_collection_modifyitems(config, items):
    """
    With EXACHECK_TEST_SANDBOX, what says that it need not run at every level does not; nor does, of a sanitizer's build,
    what is about what is shipped beside the program.
    """
    spared = "one_level" if LEVEL else "shipped" if paths.SANITIZED else None
    if not spared:
        return
    left = [item for item in items if item.get_closest_marker(spared)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def make_directory():
    """A directory that workers, which have lost root's rights, can look into."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-e2e-"))
    path.chmod(0o755)
    return path


@pytest.fixture
def directory():
    path = make_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def session_directory():
    path = make_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def keep():
    """keep(thing) closes it at the end of the test, after exacheck."""
    with contextlib.ExitStack() as stack:

        def register(thing):
            stack.callback(getattr(thing, "close", None) or thing.stop)
            return thing

        yield register


@pytest.fixture
def start(directory, keep):
    """start(config, peer=None, ...) runs exacheck; several in one test are fine."""
    runs = []

    def begin(config, *arguments, **options):
        place = directory / f"run{len(runs)}"
        place.mkdir()
        runs.append(Exacheck(place, config, *arguments, **options))
        return runs[-1]

    yield begin
    errors = []
    for run in runs:
        try:
            run.finish()
        except AssertionError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def root():
    """For tests that make namespaces, change users or look into exacheck's memory; everything else runs as any user."""
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def namespace(root, keep):
    return keep(Namespace())


@pytest.fixture(scope="session")
def authority(session_directory):
    place = session_directory / "pki"
    place.mkdir()
    return Authority(place)


@pytest.fixture(scope="session")
def certificates(authority):
    names = ["DNS:www.test", "IP:127.0.0.1", "IP:::1"]
    return {
        "good": authority.make("good", names),
        "expired": authority.make("expired", names, -30, -1),
        "other": authority.make("other", ["DNS:other.test"]),
        "short": authority.make("short", names, -30, 5.5),
        "client": authority.make("client", ["DNS:client.test"]),
    }


@pytest.fixture(scope="session")
def nginx(session_directory, authority, certificates):
    place = session_directory / "nginx"
    place.mkdir()
    server = daemons.Nginx(place, {
        "plain": {}, "ipv6": {"host": "::1"},
        "tls": {"certificate": certificates["good"]}, "h2": {"certificate": certificates["good"], "http2": True},
        "tls6": {"host": "::1", "certificate": certificates["good"]},
        "expired": {"certificate": certificates["expired"]}, "other": {"certificate": certificates["other"]},
        "short": {"certificate": certificates["short"]},
        "mutual": {"certificate": certificates["good"], "client_ca": authority.ca},
    }).start()
    yield server
    server.stop()


def daemon_fixture(name, make, needs_root=False):
    @pytest.fixture(scope="session", name=name)
    def fixture(session_directory, request):
        if needs_root:
            request.getfixturevalue("root")
        place = session_directory / name
        place.mkdir()
        server = make(place).start()
        yield server
        server.stop()

    return fixture


unbound = daemon_fixture("unbound", daemons.Unbound)
unbound6 = daemon_fixture("unbound6", lambda place: daemons.Unbound(place, "::1"))
nsd = daemon_fixture("nsd", daemons.Nsd)
chronyd = daemon_fixture("chronyd", daemons.Chronyd, True)
chronyd6 = daemon_fixture("chronyd6", lambda place: daemons.Chronyd(place, "::1", stratum=12), True)
chronyd_unsynchronised = daemon_fixture(
    "chronyd_unsynchronised", lambda place: daemons.Chronyd(place, stratum=0), True)
