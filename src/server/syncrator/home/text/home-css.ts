// Made by .ci/build-page.js.
export const text = `/* Colours have a contrast of at least 4.5 in both schemes (WCAG 2.2, 1.4.3). */
:root {
  color-scheme: light dark;
  --text: #1d2733;
  --soft: #54616f;
  --back: #f6f7f9;
  --card: #fff;
  --line: #d5dbe2;
  --accent: #1f5c9e;
  --on-accent: #fff;
  --starting: #6b4a00;
  --running: #1f5c9e;
  --completed: #1b6535;
  --failed: #a8201a;
  --deleted: #54616f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6eaef;
    --soft: #a9b4c0;
    --back: #14181d;
    --card: #1d232a;
    --line: #39434e;
    --accent: #8ab8ea;
    --on-accent: #10151b;
    --starting: #e6bf5c;
    --running: #8ab8ea;
    --completed: #7cc794;
    --failed: #f1938d;
    --deleted: #a9b4c0;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0 auto;
  padding: 1.5rem 1rem 3rem;
  max-width: 70rem;
  background: var(--back);
  color: var(--text);
  font:
    1rem / 1.5 system-ui,
    sans-serif;
}
h1 {
  margin: 0;
  font-size: 1.6rem;
}
h2 {
  margin: 0 0 0.6rem;
  font-size: 1.15rem;
}
h3 {
  margin: 0.8rem 0 0.3rem;
  font-size: 1rem;
}
p {
  margin: 0.4rem 0;
}
header p,
.hint,
#login-said,
#start-said,
#jobs-said {
  color: var(--soft);
}
section {
  margin-top: 1rem;
  padding: 1rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.5rem;
}
form {
  display: flex;
  flex-wrap: wrap;
  gap: 0.75rem;
  align-items: end;
}
dialog form {
  display: block;
}
label {
  display: grid;
  gap: 0.2rem;
  font-size: 0.9rem;
  color: var(--soft);
  flex: 1 1 10rem;
  max-width: 20rem;
}
input,
select,
button {
  font: inherit;
  padding: 0.4rem 0.7rem;
  border: 1px solid var(--soft);
  border-radius: 0.35rem;
  background: var(--card);
  color: var(--text);
  min-height: 2.4rem;
}
button {
  background: var(--accent);
  border-color: var(--accent);
  color: var(--on-accent);
  cursor: pointer;
}
button.quiet {
  background: transparent;
  color: var(--accent);
}
button.danger {
  background: transparent;
  border-color: var(--failed);
  color: var(--failed);
}
button:disabled {
  border-color: var(--line);
  color: var(--soft);
  cursor: default;
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
a {
  color: var(--accent);
}
code,
pre {
  font-family: ui-monospace, monospace;
  font-size: 0.9em;
}
code {
  overflow-wrap: anywhere;
}
pre {
  margin: 0;
  padding: 0.75rem;
  max-height: 24rem;
  overflow: auto;
  border: 1px solid var(--line);
  border-radius: 0.35rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.scroll {
  overflow-x: auto;
}
table {
  width: 100%;
  border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}
th,
td {
  padding: 0.4rem 0.6rem;
  text-align: left;
  border-bottom: 1px solid var(--line);
  white-space: nowrap;
}
td .text {
  display: block;
  max-height: 4.5em;
  overflow: hidden;
  white-space: normal;
  overflow-wrap: anywhere;
  min-width: 4rem;
  max-width: 16rem;
  unicode-bidi: isolate;
}
.number {
  text-align: right;
}
td .status {
  font-weight: 600;
}
.status.starting {
  color: var(--starting);
}
.status.running {
  color: var(--running);
}
.status.completed {
  color: var(--completed);
}
.status.failed {
  color: var(--failed);
}
.status.deleted {
  color: var(--deleted);
}
nav {
  display: flex;
  gap: 0.75rem;
  align-items: center;
  margin-top: 0.75rem;
}
dialog {
  max-width: 30rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--card);
  color: var(--text);
}
dialog::backdrop {
  background: rgb(0 0 0 / 0.5);
}
.skip {
  position: absolute;
  left: -999rem;
}
.skip:focus {
  position: static;
}
[hidden] {
  display: none;
}
`;
