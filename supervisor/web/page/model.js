/*
 * What is known of every check and group: taken from whole answers and from those that hold only what has changed. Pure:
 * touches no document. Invariant: `order` names exactly the keys of `nodes`.
 */

/* The worst first; of what is not here nothing is known. */
const SEVERITY = ["down", "falling", "rising", "undecided", "startup", "disabled", "up"];

export class Model {
	nodes = new Map(); /* name -> node, whose `group` says which it is, and `place` where it is configured */
	names = []; /* of all that there are, as configured */
	order = []; /* the same, of those of which something is known */
	groups = new Map(); /* of a check: the groups that it is a member of */
	status = {};	    /* of exacheck itself */

	/* What to ask for, so that no more than the news is answered. */
	get query() {
		const {sequence, order} = this.status;

		return sequence ? `?since=${sequence}&order=${order}` : "";
	}

	/* Returns the names of what is new or has changed, and whether the set of nodes is another. */
	take(answer) {
		const {checks = [], groups = [], names, ...status} = answer;
		const changed = [...checks.map((node) => ({...node, group: false})),
		    ...groups.map((node) => ({...node, group: true}))];
		const unknown = changed.filter((node) => !this.nodes.has(node.name)).map((node) => node.name);
		const arranged = !answer.partial || Boolean(names) || unknown.length > 0;

		if (names)
			this.names = [...names.checks, ...names.groups];
		else
			this.names = answer.partial ? [...this.names, ...unknown.filter((name) => !this.names.includes(name))] :
			    changed.map((node) => node.name);
		this.status = status;
		for (const node of changed)
			this.nodes.set(node.name, {...prepare(node), place: this.nodes.get(node.name)?.place});
		if (arranged)
			this.#arrange();
		if (arranged || groups.length)
			this.#members();
		return {changed: changed.filter((node) => this.nodes.has(node.name)).map((node) => node.name), arranged};
	}

	/* Whoever is named but not known yet gets its place when something is told of it. */
	#arrange() {
		const there = new Set(this.names);

		for (const name of this.nodes.keys())
			if (!there.has(name))
				this.nodes.delete(name);
		this.order = this.names.filter((name) => this.nodes.has(name));
		this.order.forEach((name, place) => { this.nodes.get(name).place = place; });
	}

	#members() {
		this.groups.clear();
		for (const node of this.nodes.values())
			for (const {name} of node.members ?? [])
				this.groups.set(name, [...this.groups.get(name) ?? [], node.name]);
	}
}

/* What is found by, made once. */
function prepare(node) {
	node.rejected = node.routes.filter((route) => route.state === "rejected").length;
	node.special = special(node);
	node.words = [node.name, node.description ?? "", node.method ?? "group", node.state,
	    node.announced ? "announced" : "", node.last?.result ?? "", node.last?.reason ?? "", ...node.prefixes, ...node.special,
	    ...(node.members ?? []).map((member) => member.name)].join("\n");
	return node;
}

/* What an operator should know of beside the state. */
function special(node) {
	return [node.override && (node.override.kind === "drain" ? "drained" : "overridden"), node.held_until && "held",
	    node.guarded && "guarded", node.drains_until && "draining", node.rejected && "rejected"].filter(Boolean);
}

/* Whether every word of a query is in what the node is found by, or in the names of the groups that it is in. */
export function matches(node, query, groups = []) {
	const words = [node.words, ...groups].join("\n").toLowerCase();

	return query.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

const CHANGING = new Set(["rising", "falling", "startup", "undecided"]);

/* What the rows are counted by, and shown by when one is chosen. */
export const TOTALS = [
	{key: "all", label: "All", test: () => true},
	{key: "down", label: "Down", test: (node) => node.state === "down"},
	{key: "changing", label: "Changing", test: (node) => CHANGING.has(node.state)},
	{key: "up", label: "Up", test: (node) => node.state === "up"},
	{key: "disabled", label: "Disabled", test: (node) => node.state === "disabled"},
	{key: "special", label: "Attention", test: (node) => node.special.length > 0,
	    hint: "Overridden, held, guarded, draining, or with a route that ExaBGP rejected"},
	{key: "groups", label: "Groups", test: (node) => node.group},
];

function severity(node) {
	const rank = SEVERITY.indexOf(node.state);

	/* a route that the neighbors do not hear of is worse than what is on its way */
	if (node.rejected && node.state !== "down")
		return 0.5;
	return node.state === "up" && node.special.length ? rank - 0.5 : rank;
}

const RESULTS = ["fail", "error", "pass"];

/* The columns in their order. value: what they are sorted by, null comes last; descending: that is what is wanted first. */
export const COLUMNS = [
	{key: "state", label: "State", value: severity},
	{key: "name", label: "Check", value: (node) => node.name.toLowerCase()},
	{key: "since", label: "Since", value: (node) => node.since && -Date.parse(node.since)},
	{key: "recent", label: "Recent", value: (node) => node.last?.duration_ms,
	    hint: "by duration", descending: true},
	{key: "last", label: "Last result", value: (node) => node.last && RESULTS.indexOf(node.last.result)},
	{key: "routes", label: "Routes", value: (node) => node.routes.filter((route) => route.state === "announced").length},
	{key: "next", label: "Next", value: (node) => node.worker?.next && Date.parse(node.worker.next)},
];

function compare(a, b) {
	if (a === null || a === undefined || b === null || b === undefined)
		return Number(a === null || a === undefined) - Number(b === null || b === undefined);
	return a < b ? -1 : Number(a > b);
}

/* The nodes, sorted by a column; where that leaves it open the latest change is first, then as they are configured. */
export function sorted(nodes, key, descending) {
	const {value} = COLUMNS.find((column) => column.key === key);
	const since = (node) => (key === "state" && node.since ? -Date.parse(node.since) : 0);
	const keyed = nodes.map((node) => ({node, value: value(node), since: since(node)}));

	keyed.sort((a, b) => (descending ? -1 : 1) * compare(a.value, b.value) || a.since - b.since ||
	    a.node.place - b.node.place);
	return keyed.map((entry) => entry.node);
}

/*
 * Which of them are to stay where they are, when `now` (places in the document, in the wanted order) is to become
 * ascending with the fewest moves: the longest ascending subsequence, as a set of indices.
 */
export function staying(now) {
	const tails = [], before = [];

	now.forEach((place, index) => {
		let low = 0, high = tails.length;

		while (low < high) {
			const middle = (low + high) >> 1;

			if (now[tails[middle]] < place)
				low = middle + 1;
			else
				high = middle;
		}
		before[index] = low > 0 ? tails[low - 1] : -1;
		tails[low] = index;
	});
	const stay = new Set();
	for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index])
		stay.add(index);
	return stay;
}
