/*
 * The table: which rows there are, which of them are shown, and in which order. Invariant: a row lives as long as its
 * check or group does, and is moved only when the order demands it.
 */
import {make, mark, put} from "./dom.js";
import {COLUMNS, TOTALS, matches, sorted, staying} from "./model.js";
import {Row} from "./row.js";

export class Table {
	/* choose(key): a column was chosen to sort by. */
	constructor(element, headers, empty, choose) {
		this.element = element;
		this.empty = empty;
		this.rows = new Map();
		this.now = Date.now();
		this.seen = new Set();
		this.observer = new IntersectionObserver((entries) => this.#look(entries));
		this.waits = false; /* to be moved into order */
		this.headers = COLUMNS.map(({key, label, hint}) => {
			const button = make("button", {type: "button"}, label);

			button.addEventListener("click", () => choose(key));
			return make("th", {scope: "col", role: "columnheader", class: key,
			    title: `sort ${hint ?? `by ${label}`}`}, button);
		});
		headers.append(...this.headers);
	}

	/* Make the rows as the model is. changed: names. */
	update(model, changed, now) {
		this.now = now;
		for (const [name, row] of this.rows)
			if (!model.nodes.has(name) || model.nodes.get(name).group !== row.node.group) {
				this.#drop(row);
			}
		for (const name of changed) {
			const node = model.nodes.get(name);

			if (!this.rows.has(name))
				this.#add(new Row(node));
			this.rows.get(name).update(node, model.groups.get(name) ?? [], now);
		}
	}

	#add(row) {
		this.rows.set(row.name, row);
		this.observer.observe(row.element);
	}

	#drop(row) {
		this.observer.unobserve(row.element);
		row.element.remove();
		this.seen.delete(row);
		this.rows.delete(row.name);
	}

	/* Whoever is in a group that is new or gone. */
	regroup(model, now) {
		for (const [name, row] of this.rows)
			row.update(model.nodes.get(name), model.groups.get(name) ?? [], now);
	}

	/* Show those that the view asks for, in its order; returns how many. */
	arrange(model, {show, query, sort, descending}) {
		const {test} = TOTALS.find((total) => total.key === show);
		let shown = 0;

		for (const [name, row] of this.rows) {
			const node = model.nodes.get(name);
			const hidden = !test(node) || !matches(node, query, model.groups.get(name));

			if (row.element.hidden !== hidden)
				row.element.hidden = hidden;
			shown += Number(!hidden);
		}
		this.#order(sorted([...model.nodes.values()], sort, descending));
		this.headers.forEach((header, index) => mark(header, "aria-sort",
		    COLUMNS[index].key === sort && (descending ? "descending" : "ascending")));
		mark(this.empty, "hidden", shown > 0);
		put(this.empty, this.rows.size ? "Nothing matches the filter." : "There are no checks.");
		return shown;
	}

	/* While somebody marks text in the table nothing is moved: it would be lost. What is moved keeps the focus. */
	#order(nodes) {
		const selection = document.getSelection(), focused = document.activeElement;

		this.waits = !selection.isCollapsed && this.element.contains(selection.anchorNode);
		if (this.waits)
			return;
		const wanted = nodes.map((node) => this.rows.get(node.name).element);
		const places = new Map([...this.element.tBodies].map((body, place) => [body, place]));
		const stay = staying(wanted.map((body) => places.get(body) ?? -1));
		let next = null;

		for (let index = wanted.length - 1; index >= 0; index--) {
			const body = wanted[index];

			if (!stay.has(index) || body.parentNode === null)
				this.element.insertBefore(body, next);
			next = body;
		}
		if (focused !== document.activeElement && this.element.contains(focused))
			focused.focus({preventScroll: true});
	}

	/* Times go on where they are seen: of a thousand rows that is a screenful. */
	tick(now) {
		this.now = now;
		for (const row of this.seen)
			row.tick(now);
	}

	#look(entries) {
		for (const {target, isIntersecting} of entries) {
			const row = this.rows.get(target.dataset.name);

			if (isIntersecting && row?.element === target)
				this.seen.add(row.tick(this.now));
			else
				this.seen.delete(row);
		}
	}

	/* Bring a row to where it is seen, open. */
	reveal(name) {
		const row = this.rows.get(name);

		if (!row)
			return false;
		row.toggle(true);
		row.title.focus({preventScroll: true});
		row.element.scrollIntoView({block: "center"});
		return true;
	}
}
