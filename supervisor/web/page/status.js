/* What is above the table: exacheck itself, ExaBGP, and how many checks are in which state. */
import {draw, icon, make, mark, put} from "./dom.js";
import {TOTALS} from "./model.js";
import {date, number, plural, span} from "./text.js";

const at = (id) => document.getElementById(id);

/* [id, its box's id, text, "bad", "busy" or "good", hint] of what ExaBGP is doing. */
function exabgp_facts(exabgp) {
	const {connected, detecting, dialect, version, acks, pending, in_flight, errors, timeouts, announces, withdraws} = exabgp;
	const name = connected ? detecting ? "detecting" : "connected" : "not connected";

	return [
		["fact-exabgp", "box-exabgp", `${name}${connected && !detecting ? `, ${dialect}` : ""}`,
		    connected ? "good" : "bad", [version && `version ${version}`,
		    acks ? "acknowledges commands" : "without acknowledgement",
		    plural(announces, "announce"), plural(withdraws, "withdraw")].filter(Boolean).join(", ")],
		["fact-pending", "box-pending", number(pending), pending > 0 ? "busy" : "", `${number(in_flight)} in flight`],
		["fact-errors", "box-errors", number(errors), errors > 0 ? "bad" : "",
		    `${plural(errors, "error")}, ${plural(timeouts, "answer")} that did not come in time`],
	];
}

export function status_update({version, pid, config, exabgp, reloads, upgrades}) {
	put(at("host"), location.host);
	put(at("fact-version"), version ?? "–");
	mark(at("fact-version"), "title", config && `process ${pid}, ${config}` +
	    (upgrades ? `, upgraded ${plural(upgrades, "time")}` : ""));
	for (const [id, box, text, class_name, hint] of exabgp ? exabgp_facts(exabgp) : []) {
		put(at(id), text);
		mark(at(box), "class", class_name);
		mark(at(box), "title", hint);
	}
	mark(at("box-refused"), "hidden", !reloads?.refused);
	mark(at("box-refused"), "class", "busy");
	put(at("fact-refused"), number(reloads?.refused ?? 0));
}

export function uptime_update({started}, now) {
	put(at("fact-uptime"), started ? span((now - Date.parse(started)) / 1000) : "–");
	mark(at("fact-uptime"), "title", started && `since ${date(started)}`);
}

const SHAPES = {down: "down", changing: "falling", up: "up", disabled: "disabled", special: "note"};
const SHARES = ["down", "changing", "disabled", "up"]; /* of the bar; every node is in one of them */

export class Totals {
	/* choose(key): one was chosen. */
	constructor(choose) {
		this.buttons = new Map(TOTALS.map(({key, label, hint}) => {
			const count = make("span", {class: "count"}, "0");
			const button = make("button", {type: "button", class: `total ${key}`, title: hint}, count,
			    make("span", {class: "label"}, ...(SHAPES[key] ? [icon(SHAPES[key])] : []), label));

			button.addEventListener("click", () => choose(key));
			return [key, {button, count}];
		}));
		at("totals").append(...[...this.buttons.values()].map(({button}) => button));
		this.shares = SHARES.map((key) => draw("rect", {class: key, y: 0, height: 8}));
		at("shares").append(...this.shares);
	}

	update(nodes, chosen) {
		const counts = Object.fromEntries(TOTALS.map(({key, test}) => [key, nodes.filter(test).length]));

		for (const [key, {button, count}] of this.buttons) {
			put(count, number(counts[key]));
			mark(button, "aria-pressed", String(key === chosen));
			mark(button, "data-none", counts[key] === 0);
			mark(button, "hidden", key === "groups" && counts.groups === 0 && chosen !== key);
		}
		let x = 0;
		SHARES.forEach((key, index) => {
			const width = nodes.length ? counts[key] / nodes.length * 1000 : 0;

			mark(this.shares[index], "x", x.toFixed(1));
			mark(this.shares[index], "width", width.toFixed(1));
			x += width;
		});
		put(at("spoken"), `${counts.down} down, ${counts.up} up, ${counts.disabled} disabled`);
		mark(at("icon"), "href", counts.down ? "favicon-down.svg" : "favicon.svg");
		document.title = counts.down ? `(${counts.down} down) exacheck` : "exacheck";
	}
}
