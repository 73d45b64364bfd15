// Made by .ci/build-page.js.
export const text = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#fff, #1d2128);
  --line: light-dark(#d9dde3, #343b46);
  --text: light-dark(#1b2027, #e8ebf0);
  --soft: light-dark(#565f6c, #a4adba);
  --accent: light-dark(#2456b8, #8fb4ff);
  --on-accent: light-dark(#fff, #10203f);
  --pending: light-dark(#5b6472, #a9b2c0);
  --running: light-dark(#1f5fbf, #8cb8ff);
  --succeeded: light-dark(#1c7040, #7bd39c);
  --failed: light-dark(#b3261e, #ff9d94);
  --unknown: light-dark(#8a5200, #f0bd6a);
  font:
    16px / 1.5 system-ui,
    sans-serif;
}

* {
  box-sizing: border-box;
}

body {
  margin: 0 auto;
  max-width: 60rem;
  padding: 1rem;
  background: var(--ground);
  color: var(--text);
}

h1,
h2 {
  margin: 0;
  font-size: 1.125rem;
}

h1 {
  font-size: 1.375rem;
}

p {
  margin: 0;

  dialog & {
    margin-block-start: 0.5rem;
  }
}

[hidden] {
  /* biome-ignore lint/complexity/noImportantStyles: whatever else says how it is laid out. */
  display: none !important;
}

.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.top,
.bar {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5rem 1rem;
  margin-block-end: 0.75rem;
}

.bar {
  margin-block-start: 1.5rem;
}

.connection {
  margin-inline-start: auto;
  color: var(--soft);
  font-size: 0.875rem;
}

.note {
  padding: 1.5rem 0;
  color: var(--soft);
  text-align: center;
}

.card,
.upload,
dialog {
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--card);
  color: var(--text);
  padding: 1rem;
}

.access {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5rem;
  margin-block-start: 0.5rem;
}

.access-note {
  flex-basis: 100%;
  color: var(--soft);
}

.card {
  margin-block-end: 1rem;
}

input[type="password"] {
  flex: 1 1 12rem;
  min-width: 0;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--soft);
  border-radius: 0.5rem;
  background: var(--ground);
  color: inherit;
  font: inherit;
}

button,
.button {
  min-height: 2.5rem;
  padding: 0.375rem 1rem;
  border: 1px solid var(--soft);
  border-radius: 0.5rem;
  background: var(--card);
  color: inherit;
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}

.primary {
  border-color: var(--accent);
  background: var(--accent);
  color: var(--on-accent);
}

.danger {
  border-color: var(--failed);
  color: var(--failed);
}

button:disabled {
  border-color: var(--line);
  color: var(--soft);
  cursor: default;
  opacity: 0.6;
}

:focus-visible,
input:focus-visible + .button {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

.drop {
  position: relative;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: center;
  gap: 0.5rem 0.75rem;
  padding: 2rem 1rem;
  border: 2px dashed var(--soft);
  border-radius: 0.75rem;
  background: var(--card);
  text-align: center;

  &.over {
    border-style: solid;
    border-color: var(--accent);
    background: color-mix(in srgb, var(--accent) 10%, var(--card));
  }
}

.refusal {
  color: var(--failed);

  &:empty {
    display: none;
  }

  .drop & {
    flex-basis: 100%;
  }
}

.uploads {
  position: sticky;
  inset-block-start: 0;
  z-index: 1;
  display: grid;
  gap: 0.5rem;
  max-height: 60vh;
  overflow: auto;
  padding-block: 0.5rem;

  &:empty {
    display: none;
  }
}

.upload {
  display: grid;
  grid-template-columns: 1fr auto;
  gap: 0.25rem 0.75rem;
  align-items: center;
  padding: 0.75rem 1rem;
  box-shadow: 0 2px 8px rgb(0 0 0 / 12%);

  .detail {
    overflow: hidden;
    color: var(--soft);
    font-size: 0.875rem;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .name {
    display: inline;
  }

  progress,
  .failures {
    grid-column: 1 / -1;
  }

  progress {
    width: 100%;
    height: 0.5rem;
    accent-color: var(--accent);
  }

  .failures {
    margin: 0;
    padding-inline-start: 1.25rem;
    color: var(--failed);
    overflow-wrap: anywhere;
  }
}

.choices {
  display: flex;
  flex-wrap: wrap;
  justify-content: flex-end;
  gap: 0.5rem;
}

#confirm .choices {
  margin-block-start: 1rem;
}

dialog {
  max-width: min(28rem, calc(100vw - 2rem));

  &::backdrop {
    background: rgb(0 0 0 / 45%);
  }
}

@media (max-width: 32rem) {
  body {
    padding: 0.75rem;
  }

  .upload {
    grid-template-columns: 1fr;
  }
}
`;
