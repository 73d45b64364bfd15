// Made by .ci/build-page.js.
export const text = `.filter {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem;
  min-width: 0;
  margin: 0;
  margin-inline-end: auto;
  padding: 0;
  border: 0;

  label {
    position: relative;
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    padding: 0.25rem 0.75rem;
    border: 1px solid var(--line);
    border-radius: 999px;
    background: var(--card);
    font-size: 0.875rem;
    cursor: pointer;
  }

  input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: inherit;
  }

  label:has(:checked) {
    border-color: var(--text);
    font-weight: 600;
  }

  label:has(:focus-visible) {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }

  b {
    font-variant-numeric: tabular-nums;
  }
}

table {
  width: 100%;
  border-collapse: collapse;
  border-radius: 0.75rem;
  background: var(--card);
  table-layout: fixed;
}

th,
td {
  padding: 0.4rem 0.75rem;
  border-block-end: 1px solid var(--line);
  text-align: start;
  vertical-align: top;
}

th {
  color: var(--soft);
  font-size: 0.875rem;
  font-weight: 600;
}

tbody th {
  color: inherit;
  font-size: inherit;
  font-weight: 400;
  overflow-wrap: anywhere;
}

tr > :nth-child(2) {
  width: 9.5rem;
}

.time {
  width: 7rem;
  font-variant-numeric: tabular-nums;
  text-align: end;
  white-space: nowrap;
}

.name {
  display: -webkit-box;
  overflow: hidden;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
  line-clamp: 3;
  white-space: pre-wrap;

  tr:hover & {
    display: block;
  }
}

.control {
  unicode-bidi: isolate;

  &::before {
    content: "�";
    color: var(--unknown);
  }
}

.reason {
  display: block;
  color: var(--colour);
  font-size: 0.875rem;

  &:empty {
    display: none;
  }
}

.phase {
  display: inline-flex;
  align-items: center;
  gap: 0.5rem;
  color: var(--colour);
  font-weight: 600;

  &::before {
    width: 0.625rem;
    height: 0.625rem;
    flex: none;
    border: 2px solid var(--colour);
    border-radius: 50%;
    content: "";
  }

  &:not(.Pending)::before {
    background: var(--colour);
  }

  &.Failed::before,
  &.Unknown::before {
    border-radius: 0;
  }
}

.Pending {
  --colour: var(--pending);
}

.Running {
  --colour: var(--running);
}

.Succeeded {
  --colour: var(--succeeded);
}

.Failed {
  --colour: var(--failed);
}

.Unknown {
  --colour: var(--unknown);
}

@media (max-width: 32rem) {
  th,
  td {
    padding: 0.5rem;
  }

  tr > :nth-child(2) {
    width: 7.25rem;
  }

  .time {
    width: 4.5rem;
    white-space: normal;
  }
}

@media (prefers-reduced-motion: no-preference) {
  .phase.Running::before {
    animation: breathe 2s ease-in-out infinite;
  }

  @keyframes breathe {
    50% {
      opacity: 0.35;
    }
  }
}

@media (forced-colors: active) {
  .phase::before {
    forced-color-adjust: none;
  }
}
`;
