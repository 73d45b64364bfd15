import { make } from './dom.ts';

/** The name as text: each character that cannot be seen has a mark before it, and turns nothing else round. */
export function shownName(name: string): HTMLElement {
  const parts = nameParts(name).map(({ kind, text }) =>
    kind === 'plain' ? document.createTextNode(text) : make('bdi', { text, className: 'control' }),
  );
  return make('bdi', { className: 'name' }, ...parts);
}

/** A part of a file's name: plain text, or one character that would be invisible or turn others round. */
interface NamePart {
  readonly kind: 'plain' | 'control';
  readonly text: string;
}

/** The name in parts that give it again when they are joined. */
function nameParts(name: string): NamePart[] {
  return name
    .split(/([\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])/u)
    .map((text, index): NamePart => ({ kind: index % 2 === 1 ? 'control' : 'plain', text }))
    .filter(({ text }) => text !== '');
}
