import type { Lock } from '../../src/core/lock.ts';

/** A lock that keeps a note for the next holder, as a Lease does. */
export function notedLock(left?: string) {
  const state = { text: left };
  const lock: Lock = {
    acquire: async () => ({
      lost: new AbortController().signal,
      left: state.text,
      note: async (text) => {
        state.text = text;
      },
      release: async (options) => {
        if (options?.dropNote === true) state.text = undefined;
      },
    }),
  };
  return { lock, state };
}
