"""
The status page of exacheck-web in a browser: it follows what happens without being loaded again, can be filtered and
sorted, looks as it should in light, dark and on a phone, shows names as text and asks nobody else for anything.
"""
import signal
import time
import urllib.request

import pytest

from harness import late, paths, reload
from harness.browser import Browser
from harness.config import INTERVAL, check, config, prefix
from harness.hostile import TcpServer
from harness.network import free_port

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

COUNT = 201
FILES = range(4, COUNT - 2)
MARKUP = "<script>alert(1)</script>"
VICTIM = "web one"
GROUP = "both sites"
OFF = "switched off"
FOLLOWED = 2.0  # seconds from a result to the row
ATTEMPTS = 3  # of which the best counts: the machine has others to serve

# Statements that return what is to be seen.
VISIBLE = "[...document.querySelectorAll('tbody[data-name]')].filter((body) => !body.hidden)"
NAMES = f"return {VISIBLE}.map((body) => body.dataset.name)"
STATE = "return document.querySelector(`tbody[data-name='${arguments[0]}']`)?.dataset.state"
COUNTED = "return Number(document.querySelector(`.total.${arguments[0]} .count`).textContent)"
ROW = f"return {VISIBLE}.find((body) => body.dataset.name === arguments[0])"
PARTS = f"return {VISIBLE}.find((body) => body.dataset.name === arguments[0])?.querySelector(arguments[1])?.textContent"

# What the page's modules come to, for cases whose answer is known: a list of those that are wrong.
LOGIC = """
const done = arguments[arguments.length - 1];
(async () => {
    const {Model, matches, sorted, staying} = await import("/model.js"), {duration, span} = await import("/text.js");
    const {badges} = await import("/row.js");
    const node = (name, more) => ({name, state: "up", since: null, prefixes: [], routes: [], last: null, ...more});
    const model = new Model(), wrong = [];
    const is = (what, found, wanted) => JSON.stringify(found) === JSON.stringify(wanted) || wrong.push([what, found, wanted]);
    is("spans", [0.9, 59, 61, 7260, 90000, -5].map(span), ["0 s", "59 s", "1 min", "2 h 1 min", "1 d 1 h", "0 s"]);
    is("durations", [0.123, 4.56, 123.4, 1234, 12345].map(duration), ["0.12 ms", "4.6 ms", "123 ms", "1.23 s", "12.3 s"]);
    const said = (more) => badges({name: "a", verdict: "down", routes: [], announced: true, ...more}, 0).map((badge) => badge[1]);
    is("as down", said({wish: "down", routes: [{state: "announced", by: "a"}]}), ["announced as down"]);
    is("by others", said({wish: "withdraw", routes: [{state: "announced", by: "b"}]}), ["announced by others"]);
    is("both up", said({verdict: "up", wish: "up", routes: [{state: "announced", by: "b"}]}), []);
    is("gone", said({wish: "withdraw", announced: false, routes: [{state: "withdrawn", by: null}]}), []);
    is("staying", [...staying([4, 0, 1, 2, 3])].sort(), [1, 2, 3, 4]);
    is("staying, new ones", [...staying([-1, 0, -1, 1])].length, 3);
    is("staying, none", [...staying([])], []);
    is("query before", model.query, "");
    is("whole", model.take({sequence: 5, order: 2, checks: [node("a"), node("b")], groups: [node("g", {members: [{name: "a"}]})]}),
        {changed: ["a", "b", "g"], arranged: true});
    is("query after", model.query, "?since=5&order=2");
    is("news", model.take({sequence: 6, order: 2, partial: true, checks: [node("b", {state: "down"})], groups: []}),
        {changed: ["b"], arranged: false});
    is("sorted", sorted([...model.nodes.values()], "state", false).map((one) => one.name), ["b", "a", "g"]);
    is("reversed", sorted([...model.nodes.values()], "name", true).map((one) => one.name), ["g", "b", "a"]);
    is("none last", sorted([node("x", {place: 0}), node("y", {place: 1, last: {duration_ms: 1}})], "recent", false)[0].name, "y");
    is("groups of", model.groups.get("a"), ["g"]);
    is("matches", ["A up", "g", "down"].map((query) => matches(model.nodes.get("a"), query)), [true, true, false]);
    model.take({sequence: 7, order: 7, partial: true, names: {checks: ["c", "b", "later"], groups: []}, checks: [node("c")], groups: []});
    is("arranged", model.order, ["c", "b"]);
    is("came later", model.take({sequence: 8, order: 7, partial: true, checks: [node("later")], groups: []}).arranged, true);
    is("in its place", model.order, ["c", "b", "later"]);
    model.take({sequence: 1, order: 1, checks: [], groups: []});
    is("another life", [model.order, model.nodes.size], [[], 0]);
    return wrong;
})().then(done, (error) => done([String(error)]));
"""


def document_of(directory, port, listen, last="last"):
    """The victim, whose service dies, and those that are there to be many: COUNT rows."""
    there, missing = str(directory / "there"), str(directory / "missing")
    (directory / "there").touch()

    def file_check(name, number, path=there, **options):
        return check(name, {"method": "file", "path": path}, interval=30, prefixes=[prefix(number)], **options)

    checks = [check(VICTIM, {"method": "tcp", "host": "127.0.0.1", "port": port}, description="a web server"),
              file_check(MARKUP, 1), file_check("never", 2, missing), file_check(OFF, 3, disable=there),
              *(file_check(f"file {number:03d}", number) for number in FILES), file_check(last, COUNT)]
    group = {"name": GROUP, "members": [VICTIM, "never"], "require": "all", "prefixes": [prefix(COUNT + 1)]}
    return {**config(*checks), "groups": [group], "metrics": {"listen": f"127.0.0.1:{listen}"}}


def policy_is_strict(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy, policy


def everything_is_there(browser):
    for total, count in (("all", COUNT), ("up", COUNT - 3), ("down", 2), ("disabled", 1), ("groups", 1)):
        browser.wait(f"{COUNTED} === arguments[1]", total, count)
    browser.wait(f"return ({PARTS.replace('return ', '')}).includes('1 of 2 up')", GROUP, ".last")
    assert len(browser.run(NAMES)) == COUNT
    assert set(browser.run(NAMES)[:2]) == {"never", GROUP} and browser.run(NAMES)[2] == OFF, "the worst first"
    assert browser.run(STATE, "never") == "down" and browser.run(PARTS, GROUP, ".recent") == f"{VICTIM}never"
    assert f"in {GROUP}" in browser.run(PARTS, VICTIM, ".name")
    assert browser.run(PARTS, "never", ".routes") == f"withdrawn {prefix(2)}"
    browser.wait(f"return ({PARTS.replace('return ', '')}) === arguments[2]", VICTIM, ".routes", f"announced {prefix(0)}")


def names_are_text(browser):
    assert browser.run(PARTS, MARKUP, ".title") == MARKUP
    assert browser.run("return document.querySelectorAll('main script').length") == 0


def turned_after(browser, server):
    """Seconds from the death of the service to the row's turn, without the check's interval."""
    begin = server.go_away()
    browser.wait(f"{STATE.replace('?.dataset', '.dataset')} === 'down'", VICTIM)
    return time.monotonic() - begin - INTERVAL - late.total(begin)


def service_dies(browser, server):
    """A mark on the window and the row itself are still there when the row has turned."""
    browser.run(f"window.mark = 'there'; window.row = (() => {{ {ROW} }})()", VICTIM)
    took = []
    for attempt in range(ATTEMPTS):
        took.append(turned_after(browser, server))
        browser.wait("return row.querySelector('.routes').textContent.startsWith('withdrawn')")
        if took[-1] < FOLLOWED:
            break
        server.come_back()
        browser.wait(f"{STATE} === 'up'", VICTIM)
    assert min(took) < FOLLOWED * paths.SLOWNESS, took
    assert browser.run(f"return mark === 'there' && row.isConnected && row === {VISIBLE}[0]"), "the latest of the worst"
    assert "refused" in browser.run(PARTS, VICTIM, ".last")
    browser.wait("return document.title.startsWith('(3 down)')")


def selection_survives(browser):
    """Nothing is moved under what somebody marks to copy it; it is when that is done."""
    browser.run(f"getSelection().selectAllChildren((() => {{ {ROW} }})().querySelector('.title'))", "never")
    browser.run("document.querySelector('.total.up').click(); document.querySelector('.total.all').click()")
    before = browser.run(PARTS, VICTIM, ".took")
    browser.wait(f"return ({PARTS.replace('return ', '')}) !== arguments[2]", VICTIM, ".took", before)
    assert browser.run("return String(getSelection())") == "never"
    browser.run("getSelection().removeAllRanges()")


def logic_holds(browser):
    """The parts that are without the document, in a few cases each."""
    assert browser.driver.execute_async_script(LOGIC) == []


def filter_works(browser):
    from selenium.webdriver.common.keys import Keys

    browser.driver.find_element("tag name", "body").send_keys("/")
    field = browser.driver.switch_to.active_element
    assert field.get_attribute("id") == "query"
    field.send_keys(GROUP)
    assert set(browser.run(NAMES)) == {GROUP, VICTIM, "never"}, "a group, and who is in it"
    field.clear()
    field.send_keys("file 01 UP")
    assert set(browser.run(NAMES)) == {name for name in map("file {:03d}".format, FILES) if "01" in name} | {"last"}, \
        "what has all words in its name, method, state or prefixes"
    field.clear()
    field.send_keys(prefix(2))
    assert browser.run(NAMES) == ["never"]
    field.send_keys("nothing is called so")
    assert browser.run(NAMES) == [] and browser.run("return !document.getElementById('empty').hidden")
    field.send_keys(Keys.ESCAPE)
    assert len(browser.run(NAMES)) == COUNT
    browser.driver.find_element("css selector", ".total.down").click()
    assert set(browser.run(NAMES)) == {"never", GROUP, VICTIM} and "show=down" in browser.driver.current_url
    browser.driver.find_element("css selector", ".total.down").click()
    assert len(browser.run(NAMES)) == COUNT


def sorting_works(browser):
    from selenium.webdriver.common.keys import Keys

    def sorting():
        return browser.run("return [...document.querySelectorAll('thead th')].map((header) => header.ariaSort)")

    browser.driver.find_element("css selector", "thead .name button").click()
    assert browser.run(NAMES) == sorted(browser.run(NAMES), key=str.lower)
    assert sorting() == [None, "ascending", None, None, None, None, None]
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run(NAMES) == sorted(browser.run(NAMES), key=str.lower, reverse=True)
    assert sorting()[1] == "descending"
    browser.driver.find_element("css selector", "thead .state button").click()
    assert browser.run(NAMES)[0] == VICTIM


def bars_say_what_they_are(browser):
    from selenium.webdriver.common.action_chains import ActionChains

    works = next(name for name in browser.run(NAMES) if name.startswith("file ") and browser.run(STATE, name) == "up")
    for name, least, said in ((works, 1, "pass: ok, "), (VICTIM, 3, "fail: refused, ")):
        row = browser.run(ROW, name)
        browser.run("arguments[0].scrollIntoView({block: 'center'})", row)
        ActionChains(browser.driver).move_to_element(row.find_element("css selector", ".strip")).perform()
        hints = browser.wait("return [...arguments[0].querySelectorAll('.strip rect title')].map((title) => title.textContent)",
                             row)
        assert len(hints) >= least and said in hints[-1], hints
        browser.run("scrollTo(0, 0)")
        ActionChains(browser.driver).move_to_element(browser.driver.find_element("tag name", "h1")).perform()
        browser.wait("return arguments[0].querySelector('.strip rect') === null", row)


def details_open(browser):
    browser.driver.find_element("css selector", "tbody .title").click()
    assert browser.driver.switch_to.active_element.get_attribute("aria-expanded") == "true"
    assert "Goes down after" in browser.run(PARTS, VICTIM, ".details")


def looks(browser):
    """Pictures of it, in which nothing is wider than the screen and dark is dark."""
    brightness = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    narrow = "return document.documentElement.scrollWidth <= innerWidth"
    browser.resize(1440, 960)
    browser.emulate(prefers_color_scheme="light")
    assert min(browser.run(brightness)) > 200 and browser.run(narrow)
    browser.picture("status-page-light")
    browser.emulate(prefers_color_scheme="dark")
    assert max(browser.run(brightness)) < 60
    browser.picture("status-page-dark")
    browser.resize(390, 844, mobile=True)
    assert browser.run(narrow)
    browser.picture("status-page-phone")
    browser.resize(1440, 960)


def reload_is_followed(browser, run, document):
    reload.replace(run, document)
    run.process.send_signal(signal.SIGHUP)
    browser.wait(f"return {VISIBLE}.some((body) => body.dataset.name === 'new')")
    assert "last" not in browser.run(NAMES) and len(browser.run(NAMES)) == COUNT
    assert browser.run("return mark === 'there' && row.isConnected")


def nobody_else_is_asked(browser, url):
    asked = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert len(asked) > 10 and all(name.startswith(url) for name in asked), asked
    assert browser.log() == []


def end_is_told(browser, run):
    """What is shown is marked as old when nothing comes any more."""
    run.stop()
    assert "exacheck" in browser.wait("return !document.getElementById('banner').hidden && document.body.className === 'stale' "
                                      "&& document.getElementById('banner').textContent")


def test_status_page(start, directory, keep):
    server, listen = keep(TcpServer()), free_port()
    port = server.port
    run = start(document_of(directory, port, listen))
    browser, url = keep(Browser()), f"http://127.0.0.1:{listen}/"
    run.wait_for(lambda: len(run.rib.prefixes()) >= COUNT - 3, 60 * paths.SLOWNESS, "routes")
    policy_is_strict(url)
    browser.driver.get(url)
    everything_is_there(browser)
    names_are_text(browser)
    service_dies(browser, server)
    selection_survives(browser)
    logic_holds(browser)
    filter_works(browser)
    sorting_works(browser)
    bars_say_what_they_are(browser)
    details_open(browser)
    looks(browser)
    reload_is_followed(browser, run, document_of(directory, port, listen, last="new"))
    nobody_else_is_asked(browser, url)
    end_is_told(browser, run)
