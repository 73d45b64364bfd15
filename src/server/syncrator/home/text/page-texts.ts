// Made by .ci/build-page.js.
import { text as homeCss } from './home-css.ts';
import { text as homeJs } from './home-js.ts';
import { text as iconSvg } from './icon-svg.ts';

/** The files of the page, by their names. */
export const PAGE_TEXTS: ReadonlyMap<string, string> = new Map([
  ['home.css', homeCss],
  ['icon.svg', iconSvg],
  ['home.js', homeJs],
]);
