/*
 * A check or a group in the table: a body of the table with one row, and the details below it when they are open.
 * Invariant: it is made once and then only changed.
 */
import {Details} from "./details.js";
import {icon, icon_turn, make, mark, put, rebuild} from "./dom.js";
import {COLUMNS} from "./model.js";
import {place_link} from "./place.js";
import {Strip} from "./strip.js";
import {date, duration, route_text, span, threshold_text} from "./text.js";

const CHIPS = 4; /* more prefixes or members than these are counted only; the details have all */

/* What is said beside the state: [class, text, hint] each; above all why something is announced that is not up. */
export function badges(node, now) {
	const list = [], {override} = node;
	const others = node.routes.filter(({state, by}) => state === "announced" && by && by !== node.name).map(({by}) => by);
	const left = (time) => span((Date.parse(time) - now) / 1000);

	if (override)
		list.push([override.kind, `${override.kind === "drain" ? "drained" : "disabled"} by ${override.by}`,
		    `${override.reason || "no reason given"}, since ${date(override.set)}, ` +
		    (override.until ? `until ${date(override.until)}` : "until it is enabled")]);
	if (node.drains_until)
		list.push(["drain", `draining ${left(node.drains_until)}`, `withdrawn at ${date(node.drains_until)}`]);
	if (node.held_until)
		list.push(["held", `held ${left(node.held_until)}`,
		    `found ${node.found}, kept ${node.verdict} until ${date(node.held_until)}`]);
	if (node.guarded)
		list.push(["guarded", "guarded", `found ${node.found}; the guard keeps it announced`]);
	if (node.announced && (node.wish === "down" || node.wish === "disabled"))
		list.push(["drain", `announced as ${node.wish}`, `with the attributes that it has for being ${node.wish}`]);
	else if (node.verdict !== "up" && others.length)
		list.push(["other", "announced by others", [...new Set(others)].join(", ")]);
	if (node.rejected)
		list.push(["rejected", "route rejected", node.routes.find((route) => route.error)?.error ?? ""]);
	return list;
}

/* The routes of a node by prefix: what is worst of any of a prefix's stands for it. */
const STANDING = ["rejected", "unknown", "withdrawn", "announced"];

function by_prefix(node) {
	const found = new Map(node.prefixes.map((prefix) => [prefix, {prefix, routes: [], state: "unknown"}]));

	for (const route of node.routes)
		if (found.has(route.prefix))
			found.get(route.prefix).routes.push(route);
	for (const entry of found.values())
		if (entry.routes.length)
			entry.state = STANDING.find((state) => entry.routes.some((route) => route.state === state));
	return [...found.values()];
}

function chips_make(entries, chip) {
	const list = entries.slice(0, CHIPS).map(chip);

	if (entries.length > CHIPS)
		list.push(make("span", {class: "more"}, `+ ${entries.length - CHIPS} more`));
	return list;
}

function prefix_chip(entry) {
	return make("span", {class: `chip route ${entry.state}`, title: entry.routes.map(route_text).join("\n")},
	    icon(entry.state), make("span", {class: "unseen"}, `${entry.state} `), entry.prefix);
}

function member_chip(member) {
	return make("a", {class: `chip member ${member.verdict}`, href: place_link(member.name),
	    title: `${member.verdict}, weight ${member.weight}`}, icon(member.verdict), member.name);
}

export class Row {
	constructor(node) {
		this.name = node.name;
		this.element = make("tbody", {role: "rowgroup", "data-name": node.name});
		this.row = make("tr", {role: "row"});
		this.cells = Object.fromEntries(COLUMNS.map(({key, label}) =>
		    [key, make(key === "name" ? "th" : "td", {class: key, role: key === "name" ? "rowheader" : "cell",
		    scope: key === "name" && "row", "data-label": label})]));
		this.row.append(...Object.values(this.cells));
		this.element.append(this.row);
		this.#state();
		this.#name(node);
		this.since = make("time");
		this.cells.since.append(this.since);
		this.next = make("time");
		this.cells.next.append(this.next);
		this.details = null;
		this.strip = node.group ? null : new Strip();
		if (this.strip)
			this.cells.recent.append(this.strip.element);
		this.#last();
	}

	#state() {
		this.icon = icon("startup");
		this.word = make("span", {class: "word"});
		this.badges = make("span", {class: "badges"});
		this.cells.state.append(make("span", {class: "pill"}, this.icon, this.word), this.badges);
	}

	#name(node) {
		this.title = make("button", {type: "button", class: "title", "aria-expanded": "false"}, node.name);
		this.tag = make("span", {class: "tag"});
		this.via = make("span", {class: "via"});
		this.description = make("span", {class: "description"});
		this.cells.name.append(this.title, this.tag, this.via, this.description);
		this.title.addEventListener("click", () => this.toggle());
	}

	#last() {
		this.outcome = make("span", {class: "outcome"});
		this.took = make("span", {class: "took"});
		this.cells.last.append(this.outcome, this.took);
	}

	/* groups: the names of those that it is a member of; now: the server's, in milliseconds. */
	update(node, groups, now) {
		this.node = node;
		mark(this.element, "class", node.group ? `${node.state} group` : node.state);
		mark(this.element, "data-state", node.state);
		icon_turn(this.icon, node.state);
		put(this.word, node.progress);
		put(this.tag, node.method ?? "group");
		rebuild(this.via, groups, () => groups.map((name) => make("a", {href: place_link(name),
		    title: `a member of ${name}`}, `in ${name}`)));
		put(this.description, node.description ?? "");
		mark(this.since, "datetime", node.since);
		mark(this.since, "title", node.since && date(node.since));
		this.#result(node);
		const prefixes = by_prefix(node);
		rebuild(this.cells.routes, prefixes, () => chips_make(prefixes, prefix_chip));
		this.tick(now);
		this.details?.update(node);
	}

	#result({group, last, recent, members, threshold}) {
		if (group) {
			rebuild(this.cells.recent, members, () => chips_make(members, member_chip));
			put(this.outcome, `${members.filter(({verdict}) => verdict === "up").length} of ${members.length} up`);
			put(this.took, threshold_text(members, threshold));
			return;
		}
		this.strip.update(recent ?? []);
		mark(this.outcome, "class", `outcome ${last?.result ?? ""}`);
		put(this.outcome, last ? last.text || last.reason : "not yet executed");
		put(this.took, last ? `${last.result === "pass" ? "" : `${last.result}: ${last.reason}, `}${
			duration(last.duration_ms)}` : "");
		mark(this.outcome, "title", last && `${date(last.time)}: ${last.text ?? ""}`);
	}

	/* What goes on without any news; returns itself. */
	tick(now) {
		const {since, worker} = this.node, next = worker?.next, list = badges(this.node, now);

		put(this.since, since ? span((now - Date.parse(since)) / 1000) : "–");
		mark(this.next, "title", next && date(next));
		put(this.next, next ? Date.parse(next) - now < 1000 ? "now" : span((Date.parse(next) - now) / 1000) : "–");
		rebuild(this.badges, list, () => list.map(([kind, text, hint]) =>
		    make("span", {class: `badge ${kind}`, title: hint}, text)));
		return this;
	}

	toggle(open = !this.details) {
		mark(this.title, "aria-expanded", String(open));
		if (open === Boolean(this.details))
			return;
		if (!open) {
			this.element.lastChild.remove();
			this.details = null;
			return;
		}
		this.details = new Details();
		this.details.update(this.node);
		this.element.append(make("tr", {class: "details", role: "row"},
		    make("td", {colspan: COLUMNS.length, role: "cell"}, this.details.element)));
	}
}
