/*
 * The strip of a check's last executions, a bar each, the newest at the right. A pass is as high as it took long; what
 * did not pass stands before a column of the full height, so that it is told apart without its colour.
 */
import {draw, mark} from "./dom.js";
import {date, duration} from "./text.js";

const BARS = 32, WIDTH = 4, HEIGHT = 24;
const KINDS = ["pass", "fail", "error"];
const LEAST_MS = 0.1, DECADES = 5; /* of a logarithmic scale: up to 10 s */

function height(ms) {
	const share = Math.log10(Math.max(ms, LEAST_MS) / LEAST_MS) / DECADES;

	return Math.round(4 + Math.min(share, 1) * (HEIGHT - 8));
}

function bar(x, high) {
	return `M${x} ${HEIGHT}v${-high}h${WIDTH - 1}v${high}z`;
}

export class Strip {
	constructor() {
		this.backs = {fail: draw("path", {class: "fail back"}), error: draw("path", {class: "error back"})};
		this.bars = Object.fromEntries(KINDS.map((kind) => [kind, draw("path", {class: kind})]));
		this.hints = draw("g");
		this.element = draw("svg", {class: "strip", role: "img",
		    preserveAspectRatio: "xMinYMid", viewBox: `0 0 ${BARS * WIDTH - 1} ${HEIGHT}`},
		    draw("path", {class: "ground", d: `M0 ${HEIGHT}h${BARS * WIDTH}`}),
		    ...Object.values(this.backs), ...Object.values(this.bars), this.hints);
		this.results = [];
		this.element.addEventListener("pointerenter", () => { this.pointed = true; this.#hint(); });
		this.element.addEventListener("pointerleave", () => { this.pointed = false; this.hints.replaceChildren(); });
	}

	update(results) {
		const paths = {pass: "", fail: "", error: ""}, backs = {fail: "", error: ""};
		const counts = {pass: 0, fail: 0, error: 0};

		this.results = results.slice(-BARS);
		this.first = BARS - this.results.length;
		this.results.forEach((result, index) => {
			const x = (this.first + index) * WIDTH;

			counts[result.result]++;
			paths[result.result] += bar(x, height(result.duration_ms));
			if (result.result !== "pass")
				backs[result.result] += bar(x, HEIGHT);
		});
		for (const kind of Object.keys(paths))
			mark(this.bars[kind], "d", paths[kind]);
		for (const kind of Object.keys(backs))
			mark(this.backs[kind], "d", backs[kind]);
		mark(this.element, "aria-label", `The last ${this.results.length}: ${counts.pass} passed, ` +
		    `${counts.fail} failed, ${counts.error} could not be judged`);
		if (this.pointed)
			this.#hint();
	}

	/* What a bar says when it is pointed at: there only while one is, a thousand strips would have 32,000 of them. */
	#hint() {
		this.hints.replaceChildren(...this.results.map((result, index) => {
			const x = (this.first + index) * WIDTH - 0.5;
			const text = `${result.result}: ${result.reason}, ${duration(result.duration_ms)}`;

			return draw("rect", {x, y: 0, width: WIDTH, height: HEIGHT}, draw("title", {}, `${date(result.time)}\n${text}`));
		}));
	}
}
