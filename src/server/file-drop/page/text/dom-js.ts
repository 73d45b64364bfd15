// Made by .ci/build-page.js.
export const text = `/** The element of the page that has this id. */
export function byId(id, type) {
    const found = document.getElementById(id);
    if (found instanceof type)
        return found;
    throw new TypeError(\`the page has no \${type.name} with the id \${id}\`);
}
/** A new element with text, classes and children; a text is only ever a text. */
export function make(tag, { text, className } = {}, ...children) {
    const element = document.createElement(tag);
    if (className !== undefined)
        element.className = className;
    if (text !== undefined)
        element.textContent = text;
    element.append(...children);
    return element;
}
`;
