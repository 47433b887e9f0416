/* Times, durations and figures as people read them. Pure. */

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/* "3 d 4 h", "2 h 5 min", "12 min", "42 s": no finer than anybody asks at that distance. */
export function span(seconds) {
	const whole = Math.max(0, Math.floor(seconds));
	const first = UNITS.findIndex(([, size]) => whole >= size);

	if (first < 0)
		return "0 s";
	const [unit, size] = UNITS[first];
	const text = `${Math.floor(whole / size)} ${unit}`;
	const [next, part] = UNITS[first + 1] ?? [];
	const rest = part ? Math.floor(whole % size / part) : 0;

	return first < 2 && rest > 0 ? `${text} ${rest} ${next}` : text;
}

/* Of one execution. */
export function duration(ms) {
	if (ms >= 10000)
		return `${(ms / 1000).toFixed(1)} s`;
	if (ms >= 1000)
		return `${(ms / 1000).toFixed(2)} s`;
	return `${ms.toFixed(ms >= 100 ? 0 : ms >= 1 ? 1 : 2)} ms`;
}

const dates = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "long"});
const clocks = new Intl.DateTimeFormat(undefined, {timeStyle: "medium"});

/* Of RFC 3339, or milliseconds: with the date, and without it. */
export function date(time) {
	return dates.format(new Date(time));
}

export function clock(time) {
	return clocks.format(new Date(time));
}

export function number(value) {
	return value.toLocaleString();
}

export function plural(count, one, many = `${one}s`) {
	return `${number(count)} ${count === 1 ? one : many}`;
}

/* A route of a node: where it is sent to and what became of it. */
export function route_text(route) {
	return [route.prefix, route.path_id !== null && `path ${route.path_id}`, route.neighbor && `to ${route.neighbor}`,
	    route.state, route.by && `by ${route.by}`, route.error].filter(Boolean).join(", ");
}

/* What a group asks for: of its members, or of their weights where these differ. */
export function threshold_text(members, threshold) {
	const alike = members.every(({weight}) => weight === 1);

	return alike ? `needs ${threshold} of ${members.length}` : `needs a weight of ${threshold}`;
}
