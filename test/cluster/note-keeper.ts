import type { Lock } from '../../src/core/lock.ts';

/** A lock that keeps a note for the next holder, as a Lease does; what it keeps, and all that it is told. */
export function notedLock(left?: string) {
  const state = { text: left };
  const told: (readonly unknown[])[] = [];
  const lock: Lock = {
    acquire: async () => ({
      lost: new AbortController().signal,
      left: state.text,
      note: async (text) => {
        told.push(['note', text]);
        state.text = text;
      },
      release: async (options) => {
        told.push(['release', options]);
        if (options?.dropNote === true) state.text = undefined;
      },
    }),
  };
  return { lock, state, told };
}
