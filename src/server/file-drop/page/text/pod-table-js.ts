// Made by .ci/build-page.js.
export const text = `import { byId, make } from "./dom.js";
import { shownName } from "./file-name.js";
import { PhaseFilter } from "./phase-filter.js";
import { compareAge, isOpen, keyOf, timeOf } from "./pod.js";
/** More would make the page slow; the filter gets at the rest. */
const MOST_ROWS = 1_000;
/** Milliseconds: what changes in between is drawn at once. */
const CALM = 200;
/** The table of files with all that is told about it; shows what it was told last. */
export class PodTable {
    #pods = new Map();
    #rows = new Map();
    #filter = new PhaseFilter(() => this.#draw());
    #body = byId('rows', HTMLTableSectionElement);
    #timer;
    constructor() {
        setInterval(() => {
            for (const row of this.#rows.values())
                if (isOpen(row.pod))
                    drawTime(row);
        }, 1_000);
    }
    get size() {
        return this.#pods.size;
    }
    replace(pods) {
        this.#pods.clear();
        this.update(pods);
    }
    update(pods) {
        for (const pod of pods) {
            if (pod.deleted === true)
                this.#pods.delete(keyOf(pod));
            else
                this.#pods.set(keyOf(pod), pod);
        }
        this.#timer ??= setTimeout(() => {
            this.#timer = undefined;
            this.#draw();
        }, CALM);
    }
    #draw() {
        const all = [...this.#pods.values()];
        this.#filter.count(all);
        const wanted = all.filter((pod) => this.#filter.shows(pod)).sort(compareAge);
        const shown = wanted.slice(0, MOST_ROWS);
        this.#drawRows(shown);
        byId('table', HTMLElement).hidden = shown.length === 0;
        const empty = byId('empty', HTMLElement);
        empty.hidden = shown.length > 0;
        empty.textContent = all.length === 0 ? 'No files yet.' : 'None of the files is in this phase.';
        const more = byId('more', HTMLElement);
        more.hidden = wanted.length === shown.length;
        more.textContent = \`The newest \${shown.length} of \${wanted.length} are shown.\`;
        byId('delete-all', HTMLButtonElement).disabled = all.length === 0;
    }
    #drawRows(pods) {
        const keys = new Set(pods.map(keyOf));
        for (const [key, { element }] of this.#rows) {
            if (keys.has(key))
                continue;
            element.remove();
            this.#rows.delete(key);
        }
        let next = this.#body.firstElementChild;
        for (const pod of pods) {
            const row = this.#rowOf(pod);
            // A row that is where it belongs is left alone, so that a reader keeps its place.
            if (row.element === next)
                next = next.nextElementSibling;
            else
                this.#body.insertBefore(row.element, next);
        }
    }
    #rowOf(pod) {
        const key = keyOf(pod);
        const known = this.#rows.get(key);
        const row = known?.pod.filename === pod.filename ? known : newRow(pod);
        if (known !== undefined && known !== row)
            known.element.remove();
        this.#rows.set(key, row);
        row.pod = pod;
        drawPhase(row);
        drawTime(row);
        return row;
    }
}
function newRow(pod) {
    const reason = make('span');
    const phase = make('span');
    const time = make('td', { className: 'time' });
    const name = pod.filename === '' ? make('i', { text: 'name unknown' }) : shownName(pod.filename);
    const head = make('th', {}, name, reason);
    head.scope = 'row';
    return { element: make('tr', {}, head, make('td', {}, phase), time), reason, phase, time, pod };
}
function drawPhase({ pod, phase, reason }) {
    const text = pod.reason !== undefined && pod.phase !== 'Succeeded' ? pod.reason : '';
    if (reason.textContent !== text)
        reason.textContent = text;
    if (phase.textContent === pod.phase)
        return;
    phase.className = \`phase \${pod.phase}\`;
    reason.className = \`reason \${pod.phase}\`;
    phase.textContent = pod.phase;
}
function drawTime({ pod, time }) {
    const text = timeOf(pod, Date.now());
    if (time.textContent !== text)
        time.textContent = text;
}
`;
