// Made by .ci/build-page.js.
import { text as accessJs } from './access-js.ts';
import { text as deleteAllJs } from './delete-all-js.ts';
import { text as domJs } from './dom-js.ts';
import { text as dropBoxJs } from './drop-box-js.ts';
import { text as eventStreamJs } from './event-stream-js.ts';
import { text as fileNameJs } from './file-name-js.ts';
import { text as iconSvg } from './icon-svg.ts';
import { text as liveJs } from './live-js.ts';
import { text as mainJs } from './main-js.ts';
import { text as pageCss } from './page-css.ts';
import { text as pageHtml } from './page-html.ts';
import { text as phaseFilterJs } from './phase-filter-js.ts';
import { text as podJs } from './pod-js.ts';
import { text as podTableJs } from './pod-table-js.ts';
import { text as sendFormJs } from './send-form-js.ts';
import { text as serverJs } from './server-js.ts';
import { text as tableCss } from './table-css.ts';
import { text as uploadsJs } from './uploads-js.ts';

/** The files of the page, by their names. */
export const PAGE_TEXTS: ReadonlyMap<string, string> = new Map([
  ['page.html', pageHtml],
  ['page.css', pageCss],
  ['table.css', tableCss],
  ['icon.svg', iconSvg],
  ['access.js', accessJs],
  ['delete-all.js', deleteAllJs],
  ['dom.js', domJs],
  ['drop-box.js', dropBoxJs],
  ['event-stream.js', eventStreamJs],
  ['file-name.js', fileNameJs],
  ['live.js', liveJs],
  ['main.js', mainJs],
  ['phase-filter.js', phaseFilterJs],
  ['pod-table.js', podTableJs],
  ['pod.js', podJs],
  ['send-form.js', sendFormJs],
  ['server.js', serverJs],
  ['uploads.js', uploadsJs],
]);
