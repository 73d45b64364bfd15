// Made by .ci/build-page.js.
export const text = `export const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];
export const keyOf = ({ pod, id }) => (pod === '' ? id : pod);
export const isOpen = ({ phase }) => phase === 'Pending' || phase === 'Running';
/** Newest first; those of one second by their names. */
export function compareAge(a, b) {
    const [first = '', second = ''] = [a.createdAt, b.createdAt];
    if (first !== second)
        return first < second ? 1 : -1;
    return names.compare(a.filename, b.filename) || (keyOf(a) < keyOf(b) ? -1 : 1);
}
const names = new Intl.Collator('en', { numeric: true });
/** How long it ran, runs or waits. */
export function timeOf({ phase, createdAt, startedAt, finishedAt }, now) {
    const since = (from, to) => duration(to - Date.parse(from));
    if (startedAt !== undefined && finishedAt !== undefined)
        return since(startedAt, Date.parse(finishedAt));
    if (phase === 'Running' && startedAt !== undefined)
        return since(startedAt, now);
    if (phase === 'Pending' && createdAt !== undefined)
        return \`waits \${since(createdAt, now)}\`;
    return '–';
}
/** \`< 1 s\`, \`4 s\`, \`3 min 05 s\`, \`2 h 10 min\`; the cluster tells whole seconds, and its clock may be ahead. */
function duration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
    if (seconds === 0)
        return '< 1 s';
    if (seconds < 60)
        return \`\${seconds} s\`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60)
        return \`\${minutes} min \${padded(seconds % 60)} s\`;
    return \`\${Math.floor(minutes / 60)} h \${padded(minutes % 60)} min\`;
}
const padded = (figure) => String(figure).padStart(2, '0');
`;
