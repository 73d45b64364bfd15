/** The element of the page that has this id. */
export function byId<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`the page has no ${type.name} with the id ${id}`);
}

/** A new element with text, classes and children; a text is only ever a text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { text, className }: { readonly text?: string; readonly className?: string } = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== undefined) element.className = className;
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}
