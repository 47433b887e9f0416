/*
 * What is looked at, kept in the address behind its '#', so that it survives a reload and can be handed on:
 * show (a total), q (the filter), sort (a column; with '-': descending), at (a check or group, by its name).
 */
import {COLUMNS, TOTALS} from "./model.js";

export function place_read() {
	const given = new URLSearchParams(location.hash.slice(1)), sort = given.get("sort") ?? "";
	const known = (list, key) => list.some((entry) => entry.key === key);
	const column = sort.replace(/^-/, "");

	return {
		show: known(TOTALS, given.get("show")) ? given.get("show") : "all",
		query: given.get("q") ?? "",
		sort: known(COLUMNS, column) ? column : "state",
		descending: known(COLUMNS, column) && sort.startsWith("-"),
		at: given.get("at"),
	};
}

export function place_write({show, query, sort, descending}) {
	const given = new URLSearchParams();

	if (show !== "all")
		given.set("show", show);
	if (query)
		given.set("q", query);
	if (sort !== "state" || descending)
		given.set("sort", (descending ? "-" : "") + sort);
	history.replaceState(null, "", given.size ? `#${given}` : location.pathname + location.search);
}

export function place_link(name) {
	return `#${new URLSearchParams({at: name})}`;
}
