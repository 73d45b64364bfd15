// Made by .ci/build-page.js.
export const text = `import { make } from "./dom.js";
/** The name as text: each character that cannot be seen has a mark before it, and turns nothing else round. */
export function shownName(name) {
    const parts = nameParts(name).map(({ kind, text }) => kind === 'plain' ? document.createTextNode(text) : make('bdi', { text, className: 'control' }));
    return make('bdi', { className: 'name' }, ...parts);
}
/** The name in parts that give it again when they are joined. */
function nameParts(name) {
    return name
        .split(/([\\p{Cc}\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff])/u)
        .map((text, index) => ({ kind: index % 2 === 1 ? 'control' : 'plain', text }))
        .filter(({ text }) => text !== '');
}
`;
