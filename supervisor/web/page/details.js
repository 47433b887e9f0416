/* What is below a row when it is open: everything else that is known of a check or a group. */
import {make, mark, put} from "./dom.js";
import {clock, date, duration, number, plural, route_text, threshold_text} from "./text.js";

const LATEST = 8; /* executions */
const LONG = 12; /* lines: what has more may be parted over columns */

function until(override) {
	return override.until ? `until ${date(override.until)}` : "until it is enabled";
}

/* [what, how it is said] of each; what has nothing to say is left out. */
const FACTS = [
	["Runs", ({interval_s, fast_interval_s}) => interval_s && `every ${interval_s} s` +
	    (fast_interval_s !== interval_s ? `, every ${fast_interval_s} s while rising or falling` : "")],
	["Goes up after", ({rise}) => rise && plural(rise, "pass", "passes")],
	["Goes down after", ({fall}) => fall && plural(fall, "failure")],
	["Executions", ({successes, failures}) => successes !== undefined &&
	    `${number(successes)} passed, ${number(failures)} did not`],
	["Changes of state", ({transitions}) => number(transitions)],
	["Verdict", ({verdict, found, wish}) => `${verdict}, found ${found}; wants its routes: ${wish}`],
	["Override", ({override}) => override && `${override.kind} by ${override.by} since ${date(override.set)}, ` +
	    `${until(override)}: ${override.reason || "no reason given"}`],
	["Held until", ({held_until}) => held_until && date(held_until)],
	["Drains until", ({drains_until}) => drains_until && date(drains_until)],
	["Worker", ({worker}) => worker && (worker.pid ? `process ${worker.pid}` : "none") +
	    `, restarted ${plural(worker.restarts, "time")}`],
	["Sandbox", ({worker}) => worker?.sandbox],
	["Members", ({members}) => members?.map(({name, verdict, weight}) =>
	    `${name}: ${verdict}, weight ${weight}`).join("\n")],
	["Rule", ({group, members, threshold, keep_last}) => group && threshold_text(members, threshold) +
	    (keep_last ? "; its last prefix is never withdrawn for a failure" : "")],
	["By reason", ({executions}) => executions?.map(({result, reason, count}) =>
	    `${result} ${reason}: ${number(count)}`).join("\n")],
	["Routes", ({routes}) => routes.map(route_text).join("\n")],
	["Latest", ({recent}) => recent?.slice(-LATEST).reverse().map(({time, result, reason, duration_ms}) =>
	    `${clock(time)}  ${result}${result === "pass" ? "" : ` ${reason}`}, ${duration(duration_ms)}`).join("\n")],
];

/* Each has its place from the beginning, so that what is marked to be copied stays so when another changes. */
export class Details {
	constructor() {
		this.facts = FACTS.map(([what]) => {
			const said = make("dd");

			return {said, box: make("div", {}, make("dt", {}, what), said)};
		});
		this.element = make("dl", {}, ...this.facts.map(({box}) => box));
	}

	update(node) {
		this.facts.forEach(({box, said}, index) => {
			const text = FACTS[index][1](node);

			mark(box, "hidden", !text);
			mark(box, "class", text && text.split("\n").length > LONG && "long");
			put(said, text || "");
		});
	}
}
