"""live_reload: changes of the file are noticed however it is replaced, and only then."""
import os
import shutil
import signal
import time

import pytest

from harness.config import check, config, prefix
from harness.hostile import TcpServer
from harness.reload import commands, refusals, reloads, replace, settle, text_of, write
from test_faults import tcp

NOTICED = 20.0  # seconds within which a change that the kernel tells of must be applied


@pytest.fixture
def document(keep):
    """document(metric) is one check that is up, whose route says which configuration is in force."""
    server = keep(TcpServer())

    def make(metric, **settings):
        settings = {"live_reload": True, "monitoring_interval": 3600, **settings}
        return config(check("web", tcp(server), metric=metric), **settings)

    return make


def in_force(run, metric, timeout=NOTICED):
    run.wait_route(prefix(0), med=metric, timeout=timeout)


def quiet_at_start(run):
    """The look at the file that follows the start is over."""
    run.wait_log("nothing has changed")


def test_written_in_place(start, document):
    run = start(document(1))
    in_force(run, 1)
    for metric in range(2, 6):
        write(run, document(metric))
        in_force(run, metric)
    run.wait_for(lambda: len(reloads(run)) == 4, what="a reload for each")


def test_replaced_by_rename(start, document):
    run = start(document(1))
    in_force(run, 1)
    for metric in range(2, 6):
        replace(run, document(metric))
        in_force(run, metric)


def test_saved_as_editors_do(start, document):
    """The old file moved away for a backup, a new one written; or deleted first."""
    run = start(document(1))
    in_force(run, 1)
    run.path.rename(run.path.with_suffix(".yaml~"))
    write(run, document(2))
    in_force(run, 2)
    missed = "is not there: what was read from it stays in force"
    before = len(run.logged(missed))
    run.path.unlink()
    run.wait_for(lambda: len(run.logged(missed)) > before, what="a word on the missing file")
    write(run, document(3))
    in_force(run, 3)
    assert not refusals(run), run.story()


def kubernetes(place, text, generation):
    """A volume of Kubernetes: files in a dated directory, reached through a link that is replaced at once."""
    new = place / f"..2026_{generation}"
    new.mkdir()
    (new / "config.yaml").write_text(text)
    link = place / "..data_tmp"
    link.symlink_to(new.name)
    old = (place / "..data").resolve() if (place / "..data").is_symlink() else None
    link.rename(place / "..data")
    if not (place / "config.yaml").is_symlink():
        (place / "config.yaml").symlink_to("..data/config.yaml")
    if old:
        shutil.rmtree(old)


def test_swapped_as_in_kubernetes(start, directory, document):
    place = directory / "volume"
    place.mkdir()
    run = start(document(1))
    kubernetes(place, text_of(document(1), run.directory), 0)
    in_force(run, 1)
    run.path.unlink()
    run.path.symlink_to(place / "config.yaml")
    for metric in range(2, 6):
        kubernetes(place, text_of(document(metric), run.directory), metric)
        in_force(run, metric)


def test_directory_made_again(start, directory, document):
    place = directory / "etc" / "exabgp"
    place.mkdir(parents=True)
    run = start(document(1))
    in_force(run, 1)
    (place / "file.yaml").write_text(text_of(document(2), run.directory))
    run.path.unlink()
    run.path.symlink_to(place / "file.yaml")
    in_force(run, 2)
    shutil.rmtree(directory / "etc")
    run.wait_log("is not there")
    time.sleep(0.3)
    place.mkdir(parents=True)
    time.sleep(0.3)
    (place / "file.yaml").write_text(text_of(document(3), run.directory))
    in_force(run, 3)
    (directory / "etc").rename(directory / "old")
    place.mkdir(parents=True)
    (place / "file.yaml").write_text(text_of(document(4), run.directory))
    in_force(run, 4)
    run.wait_for(lambda: len(reloads(run)) == 3, what="word of each reload")
    (directory / "old" / "exabgp" / "file.yaml").write_text(text_of(document(5), run.directory))  # nobody's any more
    time.sleep(0.6)
    assert len(reloads(run)) == 3 and run.rib.attributes(prefix(0))["med"] == 4, run.story()


def test_half_a_file_is_not_read(start, document):
    """While somebody writes, however slowly, nothing is read: half a file may well be a valid one."""
    run = start(document(1))
    in_force(run, 1)
    quiet_at_start(run)
    text = text_of(document(2), run.directory)
    with open(run.path, "w") as file:
        for begin in range(0, len(text), len(text) // 4 + 1):
            file.write(text[begin:begin + len(text) // 4 + 1])
            file.flush()
            time.sleep(0.3)  # longer than a pause that means the end of it, and all of them less than is waited at most
        assert not refusals(run) and run.rib.attributes(prefix(0))["med"] == 1, run.story()
    in_force(run, 2)
    assert not refusals(run), run.story()


def test_writes_one_after_another_are_one_change(start, document):
    run = start(document(1))
    in_force(run, 1)
    quiet_at_start(run)
    for turn in range(5):
        count, times = len(reloads(run)), []
        for metric in range(10 * turn + 2, 10 * turn + 8):
            replace(run, document(metric))
            times.append(time.monotonic())
            time.sleep(0.02)
        in_force(run, 10 * turn + 7)
        run.wait_for(lambda: len(reloads(run)) > count, what="word of it")  # which comes after what it says
        if max(later - earlier for earlier, later in zip(times, times[1:])) < 0.1:
            break  # on a busy machine the changes may have been too far apart
    assert len(reloads(run)) == count + 1, run.story()


def test_broken_and_repaired(start, document):
    run = start(document(1))
    in_force(run, 1)
    since = settle(run)
    replace(run, "{")
    run.wait_for(lambda: refusals(run), what="a refusal")
    assert commands(run, since) == []
    replace(run, document(2))
    in_force(run, 2)


def test_touched_or_beside_it(start, document):
    """Neither other files of the directory nor the same content are a change."""
    run = start(document(1))
    in_force(run, 1)
    quiet_at_start(run)
    run.path.with_name("other.yaml").write_text("{")
    write(run, document(1))
    run.wait_for(lambda: len(run.logged("nothing has changed")) >= 2, what="the second look")
    time.sleep(0.4)
    assert not refusals(run) and not reloads(run), run.story()


def test_switched_off_and_on(start, document):
    run = start(document(1, live_reload=False))
    in_force(run, 1)
    write(run, document(2))
    time.sleep(0.6)
    assert run.rib.attributes(prefix(0))["med"] == 1 and not run.logged("reloaded"), run.story()
    run.process.send_signal(signal.SIGHUP)
    in_force(run, 2)
    write(run, document(3, live_reload=False))
    in_force(run, 3)
    write(run, document(4))
    time.sleep(0.6)
    assert run.rib.attributes(prefix(0))["med"] == 3, run.story()


def test_noticed_without_a_word_from_the_kernel(start, directory, document):
    """Changed through another mount of it, as by another machine: found at the next look."""
    run = start(document(1, monitoring_interval=0.5))
    in_force(run, 1)
    quiet_at_start(run)
    text, status = text_of(document(2, monitoring_interval=0.5), run.directory), run.path.stat()
    # written through a second name in a directory that nobody watches
    other = directory / "elsewhere"
    os.link(run.path, other)
    other.write_text(text)
    assert run.path.stat().st_ino == status.st_ino
    in_force(run, 2)
