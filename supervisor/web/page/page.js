/*
 * The status page: asks once a second what has changed and shows it in place. It writes nothing anywhere. Invariant: what
 * is shown is as exacheck-web has told it, or is marked as old.
 */
import {make, mark, put} from "./dom.js";
import {COLUMNS, Model} from "./model.js";
import {place_read, place_write} from "./place.js";
import {Totals, status_update, uptime_update} from "./status.js";
import {Table} from "./table.js";
import {clock, plural, span} from "./text.js";

const EVERY_MS = 1000, HIDDEN_MS = 15000, PATIENCE_MS = 8000, MOST_MS = 10000;

const at = (id) => document.getElementById(id);
const model = new Model();
const view = place_read();
const table = new Table(at("checks"), at("headers"), at("empty"), choose_column);
const totals = new Totals(choose_total);

let ahead_ms = 0;  /* of our clock, the server's */
let heard_ms = null; /* by our clock: the last answer, and the last one that was of a living exacheck */
let lived_ms = null;
let failures = 0; /* in a row */
let problem = "";
let timer = null;
let asking = false;

/* The server's time: that is whose times are shown. */
function now() {
	return Date.now() + ahead_ms;
}

/* What is shown. */

function arrange() {
	const shown = table.arrange(model, view), all = model.order.length;

	totals.update([...model.nodes.values()], view.show);
	put(at("shown"), shown === all ? plural(all, "row") : `${shown} of ${plural(all, "row")}`);
	at("sorter").value = sort_value();
}

function sort_value() {
	return (view.descending ? "-" : "") + view.sort;
}

function rearrange() {
	place_write(view);
	arrange();
}

function choose_total(key) {
	view.show = view.show === key ? "all" : key;
	rearrange();
}

function choose_column(key) {
	view.descending = view.sort === key ? !view.descending :
	    Boolean(COLUMNS.find((column) => column.key === key).descending);
	view.sort = key;
	rearrange();
}

/* A link to a check or group was followed: it must not be hidden. */
function reveal(name) {
	const row = table.rows.get(name);

	if (row?.element.hidden) {
		Object.assign(view, {show: "all", query: ""});
		at("query").value = "";
		arrange();
	}
	return table.reveal(name);
}

/* Why what is shown may be old, and since when it is, by our clock; null: it is not. */
function stale() {
	if (failures > 0)
		return [problem, heard_ms];
	if (model.status.live === false)
		return ["exacheck is not running, or does not say anything.", lived_ms];
	return null;
}

/* The age is beside what is spoken: it changes every second. */
function banner_update(old) {
	const [text, since] = old ?? ["", null];

	put(at("problem"), text);
	put(at("age"), since === null ? "" :
	    `What is shown is as of ${clock(since)}, ${span((Date.now() - since) / 1000)} ago.`);
	mark(at("banner"), "hidden", !old);
	document.body.classList.toggle("stale", Boolean(old));
}

function tick() {
	const old = stale();

	banner_update(old);
	if (old)
		return;
	table.tick(now());
	if (table.waits)
		arrange();
	uptime_update(model.status, now());
	put(at("heard"), heard_ms === null ? "" : `Updated ${clock(heard_ms)}`);
}

/* What is asked. */

function take(answer, date) {
	const said_ms = Date.parse(date ?? "");
	const {changed, arranged} = model.take(answer);

	/* the header is cut to seconds: less than that is no difference */
	ahead_ms = Math.abs(said_ms - Date.now()) > 2000 ? said_ms - Date.now() : 0;
	heard_ms = Date.now();
	lived_ms = answer.live === false ? lived_ms : heard_ms;
	status_update(model.status);
	table.update(model, changed, now());
	if (arranged)
		table.regroup(model, now());
	if (arranged || changed.length)
		arrange();
	document.body.classList.remove("loading");
	if (view.at && reveal(view.at))
		view.at = null;
}

async function ask() {
	const signal = AbortSignal.timeout(PATIENCE_MS);
	const response = await fetch(`api/v1/status${model.query}`, {cache: "no-store", signal});

	if (!response.ok)
		throw new Error(`status ${response.status}`);
	return [await response.json(), response.headers.get("Date")];
}

/* Returns what is wrong; "": nothing. */
async function follow() {
	let answer;

	try {
		answer = await ask();
	} catch (error) {
		const why = error.name === "TimeoutError" ? `nothing within ${PATIENCE_MS / 1000} s` : error.message;

		return `exacheck-web does not answer (${why}).`;
	}
	try {
		take(...answer);
	} catch (error) {
		console.error(error);
		return `What exacheck-web says cannot be shown (${error.message}).`;
	}
	return "";
}

/* From one question to the next: longer when it is in vain, or nobody looks. */
function pause_ms() {
	if (document.hidden)
		return HIDDEN_MS;
	return Math.min(EVERY_MS * 2 ** Math.max(failures - 1, 0), MOST_MS);
}

async function poll() {
	const begin = performance.now();

	clearTimeout(timer);
	if (asking)
		return;
	asking = true;
	problem = await follow();
	failures = problem ? failures + 1 : 0;
	asking = false;
	tick();
	timer = setTimeout(poll, Math.max(pause_ms() - (performance.now() - begin), 100));
}

/* What the user does. */

function listen() {
	at("query").value = view.query;
	at("query").addEventListener("input", () => {
		view.query = at("query").value.trim();
		rearrange();
	});
	at("tools").addEventListener("submit", (event) => event.preventDefault());
	at("sorter").append(...COLUMNS.flatMap(({key, label}) => [make("option", {value: key}, label),
	    make("option", {value: `-${key}`}, `${label}, reversed`)]));
	at("sorter").addEventListener("change", () => {
		view.descending = at("sorter").value.startsWith("-");
		view.sort = at("sorter").value.replace(/^-/, "");
		rearrange();
	});
	document.addEventListener("keydown", (event) => {
		const plain = !event.ctrlKey && !event.metaKey && !event.altKey;

		if (event.key === "/" && plain && !event.target.closest("input, select")) {
			event.preventDefault();
			at("query").select();
		} else if (event.key === "Escape" && event.target === at("query")) {
			at("query").value = view.query = "";
			rearrange();
			at("query").blur();
		}
	});
	addEventListener("hashchange", () => {
		const {at: name, ...chosen} = place_read();

		if (name)
			return void reveal(name);
		Object.assign(view, chosen);
		at("query").value = view.query;
		arrange();
	});
	document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
}

listen();
arrange();
setInterval(tick, EVERY_MS);
poll();
