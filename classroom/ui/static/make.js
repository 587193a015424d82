// An element with a class and a text; whatever is in the text stays text.
export const make = (tag, cls = "", text = "") => Object.assign(document.createElement(tag), { className: cls, textContent: text });
