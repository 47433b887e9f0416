"""
Files of a sandbox that are replaced while workers live: rights are bound to the file, not to its name, and still the new
one counts at the next execution, without a failing result in between.
"""
import os
import shutil

import pytest

from harness import wire
from harness.config import check, config, prefix
from harness.hostile import TcpServer, Udp
from test_methods_tcp import overwrite

pytestmark = pytest.mark.one_level

SETTINGS = {"sandbox": "strict"}
INTERVAL = 0.2


def file(path, pattern):
    return {"method": "file", "path": str(path), "contains": pattern}


def replace(path, text):
    """As programs do that want no reader to see half a file."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(0o644)
    os.rename(new, path)


def wait_executions(run, atime_of):
    """Until the file was read a few times more."""
    os.utime(atime_of, (0, 0))
    run.wait_for(lambda: os.stat(atime_of).st_atime != 0, what=f"reading of {atime_of}")


def assert_never_down(run, name):
    assert not [t for t in run.transitions if t.check == name and t.state == "down"], run.story()
    assert not run.logged("worker lost"), run.story()


def start_file(start, path, pattern):
    return start(config(check("state", file(path, pattern), interval=INTERVAL), **SETTINGS), arguments=("-v", "-v"))


def test_directory_removed_and_made_again(start, directory):
    place = directory / "state"
    path = place / "ready"

    def make():
        place.mkdir()
        place.chmod(0o755)
        path.write_text("ready")

    make()
    run = start_file(start, path, "ready")
    for _ in range(2):
        run.wait_route(prefix(0))
        shutil.rmtree(place)
        run.wait_no_route(prefix(0))
        make()
    run.wait_route(prefix(0))
    assert {t.reason for t in run.transitions if t.state == "down"} == {"missing"}, run.story()


@pytest.mark.parametrize("there", ["nothing", "its directory", "the directory above", "a link to nowhere"])
def test_created_later(start, directory, there):
    top = directory / "top"
    place = top / "state"
    if there != "nothing":
        top.mkdir()
    if there == "its directory":
        place.mkdir()
    if there == "a link to nowhere":
        place.symlink_to(directory / "elsewhere")
    run = start_file(start, place / "ready", "ready")
    assert run.wait_transition("state", "down").reason == "missing"
    top.mkdir(exist_ok=True)
    (directory / "elsewhere").mkdir()
    if not place.is_symlink():
        place.mkdir(exist_ok=True)
    (place / "ready").write_text("ready")
    run.wait_route(prefix(0))
    assert {t.reason for t in run.transitions if t.state == "down"} == {"missing"}, run.story()


def test_link_switched(start, directory):
    """As Kubernetes publishes a volume: a link to the directory of the current version is replaced."""
    def publish(version):
        place = directory / f"..{version}"
        place.mkdir()
        place.chmod(0o755)
        (place / "state").write_text(version)
        (directory / "..data.new").symlink_to(place.name)
        os.rename(directory / "..data.new", directory / "..data")
        return place / "state"

    publish("good-1")
    (directory / "state").symlink_to("..data/state")
    run = start_file(start, directory / "state", "^good")
    run.wait_route(prefix(0))
    first = run.worker("state")
    for version in ("good-2", "good-3"):
        wait_executions(run, publish(version))
    assert_never_down(run, "state")
    assert run.worker("state") != first
    publish("bad-4")
    run.wait_no_route(prefix(0))
    assert run.wait_transition("state", "down").reason == "pattern"


def test_file_replaced(start, directory):
    """In a directory that stays the worker does so, too."""
    path = directory / "state"
    path.write_text("good")
    run = start_file(start, path, "^good")
    run.wait_route(prefix(0))
    worker = run.worker("state")
    replace(path, "good again")
    wait_executions(run, path)
    assert_never_down(run, "state")
    assert run.worker("state") == worker
    replace(path, "bad")
    assert run.wait_transition("state", "down").reason == "pattern"
    replace(path, "good")
    run.wait_route(prefix(0))


def test_directory_replaced_by_another(start, directory):
    for name in ("state", "next"):
        (directory / name).mkdir()
        (directory / name / "ready").write_text("good")
    run = start_file(start, directory / "state" / "ready", "^good")
    run.wait_route(prefix(0))
    os.rename(directory / "state", directory / "previous")
    os.rename(directory / "next", directory / "state")
    wait_executions(run, directory / "state" / "ready")
    # between the two renames there was no file
    assert {t.reason for t in run.transitions if t.state == "down"} <= {"missing"}, run.story()
    run.wait_route(prefix(0))


# Names

NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\n"


def make_etc(directory, **files):
    """A directory to be /etc of a run, with what users and names are looked up in."""
    etc = directory / "etc"
    etc.mkdir()
    etc.chmod(0o755)
    for name in ("passwd", "group", "ld.so.cache"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", etc / name)
    for name, text in {"nsswitch.conf": NSSWITCH, "hosts": "127.0.0.1 localhost\n", "resolv.conf": "", **files}.items():
        (etc / name).write_text(text)
    return etc


def own_etc(etc):
    """To put before a command line."""
    return ["unshare", "--mount", "sh", "-c", f'mount --bind {etc} /etc && exec "$@"', "sh"]


def two_servers(keep, namespace):
    """The same port of two addresses."""
    first = keep(TcpServer(host="127.0.0.11", namespace=namespace))
    return first, keep(TcpServer(host="127.0.0.12", port=first.port, namespace=namespace))


def start_named(start, namespace, etc, port):
    run = start(config(check("web", {"method": "tcp", "host": "www.test", "port": port, "address_family": "ipv4"},
                             interval=INTERVAL), **SETTINGS), arguments=("-v", "-v"),
                wrapper=[*namespace.enter_argv(), *own_etc(etc)])
    run.wait_route(prefix(0))
    return run


def assert_moves(run, change, old, new):
    """
    After the change executions go to the other server, none failed and at most one more went to the old one, which may
    not have counted the one before.
    """
    run.wait_for(lambda: old.count >= 2 and new.count == 0, what="executions before")
    change()
    seen = old.count
    run.wait_for(lambda: new.count >= 3, what="executions after")
    assert_never_down(run, "web")
    assert old.count <= seen + 2


def test_hosts_replaced(namespace, start, directory, keep):
    first, second = two_servers(keep, namespace)
    etc = make_etc(directory, hosts="127.0.0.11 www.test\n")
    run = start_named(start, namespace, etc, first.port)
    worker = run.worker("web")
    assert_moves(run, lambda: replace(etc / "hosts", "127.0.0.12 www.test\n"), first, second)
    assert run.worker("web") != worker
    worker, seen = run.worker("web"), first.count
    overwrite(etc / "hosts", "127.0.0.11 www.test\n")  # the same file
    run.wait_for(lambda: first.count >= seen + 3, what="executions after an edit")
    assert run.worker("web") == worker
    assert_never_down(run, "web")


def test_hosts_comes_and_goes(namespace, start, directory, keep):
    """A file that is not there is a rule that is not there, until it is."""
    first, _ = two_servers(keep, namespace)
    etc = make_etc(directory, hosts="127.0.0.11 www.test\n")
    run = start_named(start, namespace, etc, first.port)
    (etc / "hosts").unlink()
    assert run.wait_transition("web", "down").reason == "resolve"
    (etc / "hosts").write_text("127.0.0.11 www.test\n")
    run.wait_route(prefix(0))
    assert not run.logged("worker lost"), run.story()


def test_resolv_conf_replaced(namespace, start, directory, keep):
    first, second = two_servers(keep, namespace)
    for server, address in (("127.0.0.1", first.host), ("127.0.0.2", second.host)):
        keep(Udp(lambda query, peer, address=address: [wire.dns_response(query, [wire.dns_a(address)])], host=server,
                 port=53, namespace=namespace))
    etc = make_etc(directory, **{"resolv.conf": "nameserver 127.0.0.1\n"})
    run = start_named(start, namespace, etc, first.port)
    assert_moves(run, lambda: replace(etc / "resolv.conf", "nameserver 127.0.0.2\n"), first, second)


def test_resolv_conf_link_switched(namespace, start, directory, keep):
    """As programs have it that keep the real file elsewhere."""
    first, second = two_servers(keep, namespace)
    for server, address in (("127.0.0.1", first.host), ("127.0.0.2", second.host)):
        keep(Udp(lambda query, peer, address=address: [wire.dns_response(query, [wire.dns_a(address)])], host=server,
                 port=53, namespace=namespace))
    etc = make_etc(directory)
    for number in (1, 2):
        (directory / f"resolv{number}").write_text(f"nameserver 127.0.0.{number}\n")
    (etc / "resolv.conf").unlink()
    (etc / "resolv.conf").symlink_to(directory / "resolv1")
    run = start_named(start, namespace, etc, first.port)

    def change():
        (etc / "new").symlink_to(directory / "resolv2")
        os.rename(etc / "new", etc / "resolv.conf")

    assert_moves(run, change, first, second)
