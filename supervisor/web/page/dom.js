/*
 * The document, made and changed piece by piece. Invariant: what comes from outside is text or an attribute's value,
 * never markup; and what is as it should be is not touched, so that nothing is drawn again or loses its selection.
 */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes))
		mark(node, name, value);
	node.append(...children);
	return node;
}

export function make(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

/* null, undefined and false: the attribute is not there. */
export function mark(node, name, value) {
	if (value === null || value === undefined || value === false) {
		if (node.hasAttribute(name))
			node.removeAttribute(name);
		return;
	}
	const text = value === true ? "" : String(value);

	if (node.getAttribute(name) !== text)
		node.setAttribute(name, text);
}

/* The text of an element that holds nothing else. */
export function put(node, text) {
	const value = node.firstChild;

	if (value === null)
		node.append(document.createTextNode(text));
	else if (value.data !== text)
		value.data = text;
}

/* A symbol of the page's own, by its name; that of a state has the state's. It can be turned into another one. */
export function icon(shape) {
	const node = draw("svg", {class: "icon", "aria-hidden": "true"}, draw("use"));

	icon_turn(node, shape);
	return node;
}

export function icon_turn(node, shape) {
	mark(node.firstChild, "href", `#icon-${shape === "undecided" ? "startup" : shape}`);
}

/* Make an element's children anew, but only if what they are made of is another. */
export function rebuild(node, source, make_children) {
	const signature = JSON.stringify(source);

	if (node.signature === signature)
		return;
	node.signature = signature;
	node.replaceChildren(...make_children());
}
