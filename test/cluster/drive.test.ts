import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { Hold } from '../../src/core/lock.ts';
import { broken, type MemoryCluster, memoryCluster, silent } from './memory-cluster.ts';

type Answer = NonNullable<MemoryCluster['answer']>;

const busy = (retryAfter: string) =>
  Response.json({ error: 'busy' }, { status: 429, headers: { 'retry-after': retryAfter } });
const refused = () => Response.json({ error: 'not for you' }, { status: 403 });
const lostAnswer = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('reset') }));
const starting = (sent: readonly string[], method: string) => sent.filter((each) => each.startsWith(method));

/** A lock of which the test says what becomes of it. */
function lockOf(hold: Partial<Hold> = {}) {
  const losing = new AbortController();
  const lock = {
    acquire: async () => ({ lost: losing.signal, release: async () => undefined, ...hold }),
  };
  return { lock, lose: () => losing.abort(new Error('the lease went to somebody else')) };
}

describe('a lost lock', () => {
  test('ends the looks at once, and nothing is written', async () => {
    const { lock, lose } = lockOf();
    const answer: Answer = ({ node }) => {
      if (node !== 'two') return silent();
      lose();
      return undefined;
    };
    const { client, failure, sent, clock } = memoryCluster({ answer, options: { lock } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'NodeUnavailableError',
      cause: { message: 'the lease went to somebody else' },
    });
    expect(error.message).toContain('wrote nothing: its lock was lost');
    expect(sent()).toEqual(['GET one', 'GET two']);
    expect(clock.monotonic()).toBe(0);
  });

  test('leaves what was written as it is, for whoever has the lock now', async () => {
    const { lock, lose } = lockOf();
    const answer: Answer = ({ method, node }) => {
      if (method === 'POST' && node === 'two') lose();
      return undefined;
    };
    const { client, failure, sent } = memoryCluster({ answer, options: { lock } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'InconsistentClusterError',
      nodes: [{ node: 'one' }, { node: 'two' }],
      cause: { message: 'the lease went to somebody else' },
    });
    expect(error.message).toContain('its lock was lost');
    expect(starting(sent(), 'DELETE')).toEqual([]);
  });

  test('ends an undo, which then has not ended', async () => {
    const { lock, lose } = lockOf();
    const answer: Answer = ({ method, node }) => {
      if (method === 'POST' && node === 'two') return refused();
      if (method !== 'DELETE') return undefined;
      lose();
      return broken();
    };
    const { client, failure, sent } = memoryCluster({ answer, options: { lock } });
    const error = await failure(client.createGroup('g'));
    expect(error.name).toBe('InconsistentClusterError');
    // What turned the operation is why it failed, and not what came later.
    expect(error.message).toContain('two failed in one attempt to write');
    expect(starting(sent(), 'DELETE')).toEqual(['DELETE one']);
  });

  test('that is known only by the time it was sure for is lost too: nothing is sent and nothing is counted', async () => {
    const { lock } = lockOf({ expiresAt: () => 999 });
    const { client, failure, sent } = memoryCluster({ options: { lock, attemptTimeout: 1_000 } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'NodeUnavailableError',
      cause: { code: 'LOCK_LOST' },
      nodes: [
        { node: 'one', attempts: 0 },
        { node: 'two', attempts: 0 },
      ],
    });
    expect(error.message).toContain('its lock was lost');
    expect(sent()).toEqual([]);
  });
});

describe('while the journal writes down what is to be written', () => {
  /** A journal that does something before it has written it down. */
  const journalThat = (first: () => void) => {
    const inner = memoryJournal();
    const told: string[] = [];
    const journal = {
      ...inner,
      begin: async (entry: JournalEntry) => {
        first();
        await inner.begin(entry);
        told.push('begin');
      },
      end: async (entry: JournalEntry, end: Parameters<typeof inner.end>[1]) => {
        await inner.end(entry, end);
        told.push(`end ${end.as}`);
      },
    };
    return { journal, told };
  };

  test('an abort ends the operation, and the entry', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { journal, told } = journalThat(() => stop.abort(reason));
    const { client, failure, sent } = memoryCluster({ options: { journal } });
    expect(await failure(client.createGroup('g', { signal: stop.signal }))).toBe(reason);
    expect(starting(sent(), 'POST')).toEqual([]);
    expect(told).toEqual(['begin', 'end closed']);
  });

  test('a lost lock ends the operation', async () => {
    const { lock, lose } = lockOf();
    const { journal } = journalThat(lose);
    const { client, failure, sent } = memoryCluster({ options: { journal, lock } });
    expect(await failure(client.createGroup('g'))).toMatchObject({
      cause: { message: 'the lease went to somebody else' },
    });
    expect(starting(sent(), 'POST')).toEqual([]);
  });

  test('it says which nodes are to be written', async () => {
    const begun: JournalEntry[] = [];
    const inner = memoryJournal();
    const journal = {
      ...inner,
      begin: async (entry: JournalEntry) => {
        begun.push(entry);
        await inner.begin(entry);
      },
    };
    const { client, clock } = memoryCluster({ has: { one: true }, options: { journal } });
    await clock.run(client.createGroup('g'));
    expect(begun).toMatchObject([
      {
        nodes: [
          { name: 'one', before: 'present', write: false },
          { name: 'two', before: 'absent', write: true },
        ],
      },
    ]);
  });
});

describe('a journal', () => {
  test('that cannot write down an intent is why nothing was written', async () => {
    const cause = new Error('the disk is full');
    const journal = { ...memoryJournal(), begin: () => Promise.reject(cause) };
    const { client, failure, sent } = memoryCluster({ options: { journal } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({ name: 'NodeUnavailableError', cause });
    expect(error.message).toContain('wrote nothing: the journal could not record it');
    expect(starting(sent(), 'POST')).toEqual([]);
  });

  test('that cannot write down an end leaves what was written uncertain', async () => {
    const cause = new Error('the disk is full');
    const journal = { ...memoryJournal(), end: () => Promise.reject(cause) };
    const { client, failure } = memoryCluster({ has: { one: true }, options: { journal } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({ name: 'InconsistentClusterError', nodes: [{ node: 'two' }], cause });
    expect(error.message).toContain('left two uncertain: the journal could not record it');
  });

  test('that cannot write down the end of what was undone does not take the place of why it was', async () => {
    const journal = { ...memoryJournal(), end: () => Promise.reject(new Error('the disk is full')) };
    const answer: Answer = ({ method, node }) =>
      method === 'POST' && node === 'two' ? refused() : undefined;
    const { client, failure } = memoryCluster({ answer, options: { journal } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'RolledBackError',
      cause: { name: 'HttpError', status: 403 },
    });
  });

  test('has written down the end when the operation resolves', async () => {
    const inner = memoryJournal();
    const journal: typeof inner = { ...inner };
    const { client, clock } = memoryCluster({ options: { journal } });
    journal.end = async (entry, end) => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 700));
      await inner.end(entry, end);
    };
    await clock.run(client.createGroup('g'));
    expect(clock.monotonic()).toBe(700);
  });
});

describe('an abort', () => {
  test('while nodes are written has all of them undone, and is the cause', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const answer: Answer = ({ method, node }) => {
      if (method !== 'POST' || node !== 'two') return undefined;
      stop.abort(reason);
      return busy('0');
    };
    const { client, failure, held } = memoryCluster({ answer });
    const error = await failure(client.createGroup('g', { signal: stop.signal }));
    expect(error).toMatchObject({ name: 'RolledBackError', cause: reason });
    expect(error.message).toContain('the caller aborted it');
    expect(held).toEqual({ one: false, two: false });
  });

  test('while nodes are undone changes nothing, for an undo is nobody’s to abort', async () => {
    const stop = new AbortController();
    const answer: Answer = ({ method, node }) => {
      if (method === 'POST' && node === 'two') return refused();
      if (method === 'DELETE') stop.abort(new Error('enough'));
      return undefined;
    };
    const { client, failure, held } = memoryCluster({ answer });
    const error = await failure(client.createGroup('g', { signal: stop.signal }));
    expect(error).toMatchObject({ name: 'RolledBackError', cause: { name: 'HttpError', status: 403 } });
    expect(held).toEqual({ one: false, two: false });
  });

  test('of a rollback is not why that did not end', async () => {
    const stop = new AbortController();
    const answer: Answer = ({ method }) => {
      if (method !== 'DELETE') return undefined;
      stop.abort(new Error('enough'));
      return broken();
    };
    const { client, failure } = memoryCluster({ answer, has: { one: true } });
    const node = { node: 'one', outcome: 'created', attempts: 1, operationId: '1700000000.000001' } as const;
    const error = await failure(client.rollbackCreate('g', [node], { signal: stop.signal }));
    expect(error).toMatchObject({
      name: 'InconsistentClusterError',
      cause: { name: 'HttpError', status: 500 },
    });
    expect(error.message).not.toContain('aborted');
  });

  test('before a node has answered does not make its answer count', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const answer: Answer = ({ node }) => {
      if (node === 'two') stop.abort(reason);
      return undefined;
    };
    const { client, failure, sent } = memoryCluster({ answer, has: { one: true, two: true } });
    expect(await failure(client.createGroup('g', { signal: stop.signal }))).toBe(reason);
    expect(sent()).toEqual(['GET one', 'GET two']);
  });
});

describe('the deadline', () => {
  test('while nodes are written has them undone, and names those that were waited for', async () => {
    let hung = false;
    const answer: Answer = ({ method, node }) => {
      if (method !== 'POST' || node !== 'two' || hung) return undefined;
      hung = true;
      return silent();
    };
    const { client, failure, held } = memoryCluster({
      answer,
      options: { deadline: 3_000, attemptTimeout: 9_000, settle: 500 },
    });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'RolledBackError',
      cause: { name: 'TimeoutError', message: 'the deadline of the operation passed' },
    });
    expect(error.message).toContain('its deadline passed; two failed in one attempt to write');
    expect(held).toEqual({ one: false, two: false });
  });

  test('that a node asks to wait beyond is not waited for', async () => {
    const answer: Answer = ({ method, node }) =>
      method === 'POST' && node === 'two' ? busy('10') : undefined;
    const { client, failure, clock, sent } = memoryCluster({ answer, options: { deadline: 9_999 } });
    expect(await failure(client.createGroup('g'))).toMatchObject({
      name: 'RolledBackError',
      cause: { status: 429 },
    });
    expect(clock.monotonic()).toBe(0);
    expect(starting(sent(), 'POST')).toEqual(['POST one', 'POST two']);
  });

  test('counts from when the operation began', async () => {
    const answer: Answer = ({ method, node, at }) => {
      if (node !== 'two' || method !== 'POST') return undefined;
      return at < 4_000 ? busy('4') : busy('7');
    };
    const { client, failure, clock } = memoryCluster({
      answer,
      options: { deadline: 10_000, retry: { attempts: 5, baseDelay: 1, jitter: 'none' } },
    });
    await failure(client.createGroup('g'));
    expect(clock.monotonic()).toBe(4_000);
  });

  test('is not that of the undo, which waits as long as a node asks', async () => {
    let asked = false;
    const answer: Answer = ({ method, node }) => {
      if (method === 'POST' && node === 'two') return refused();
      if (method !== 'DELETE' || asked) return undefined;
      asked = true;
      return busy('5');
    };
    const { client, failure, clock, held } = memoryCluster({ answer, options: { deadline: 3_000 } });
    expect(await failure(client.createGroup('g'))).toMatchObject({ name: 'RolledBackError' });
    expect(clock.monotonic()).toBe(5_000);
    expect(held).toEqual({ one: false, two: false });
  });

  test('of the undo ends one that a node does not let end', async () => {
    const answer: Answer = ({ method, node }) => {
      if (method === 'POST' && node === 'two') return refused();
      return method === 'DELETE' ? broken() : undefined;
    };
    const rollbackRetry = { attempts: 1_000, baseDelay: 100, maxDelay: 100, jitter: 'none' } as const;
    const options = { settle: 500, rollbackDeadline: 3_000, rollbackRetry };
    const { client, failure, clock } = memoryCluster({ answer, options });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({ name: 'InconsistentClusterError', nodes: [{ node: 'one' }] });
    expect(clock.monotonic()).toBe(3_000);
  });
});

describe('what may come late', () => {
  test('of a node that a rollback knows nothing of is waited for', async () => {
    const { client, clock, arrivals, held } = memoryCluster({ options: { settle: 500 } });
    const node = { node: 'one', outcome: 'unknown', attempts: 1, operationId: '1700000000.000001' } as const;
    clock.setTimer(() => {
      held.one = true;
    }, 499);
    await clock.run(client.rollbackCreate('g', [node]));
    expect(held).toEqual({ one: false, two: false });
    expect(arrivals.at(-1)?.at).toBeGreaterThanOrEqual(500);
    expect(arrivals.every(({ node }) => node === 'one')).toBe(true);
  });

  test('is nothing of a look, so that the next operation need not wait', async () => {
    let lost = false;
    const answer: Answer = () => {
      if (lost) return undefined;
      lost = true;
      return lostAnswer();
    };
    const { client, clock, arrivals } = memoryCluster({ answer, options: { settle: 5_000 } });
    await clock.run(client.createGroup('g'));
    await clock.run(client.deleteGroup('g'));
    expect(arrivals.at(-1)?.at).toBe(10);
  });

  test('of a write is waited for before the group is given to the next', async () => {
    let lost = false;
    const answer: Answer = ({ method }) => {
      if (lost || method !== 'POST') return undefined;
      lost = true;
      return lostAnswer();
    };
    const { client, clock, arrivals } = memoryCluster({ answer, options: { settle: 5_000 } });
    await clock.run(client.createGroup('g'));
    const { length } = arrivals;
    await clock.run(client.deleteGroup('g'));
    expect(arrivals[length]?.at).toBe(5_000);
  });
});

test('a look that is cut because another node refused is no failure, and says nothing of its node', async () => {
  let lost = false;
  const answer: Answer = ({ method, node, at }) => {
    if (method === 'POST' && node === 'two') return at === 0 ? busy('0') : refused();
    if (method === 'POST' && !lost) {
      lost = true;
      return lostAnswer();
    }
    // Whether the record is its own, which the second write cannot tell.
    return method === 'GET' && lost && at < 500 ? silent() : undefined;
  };
  const { client, failure, held, sent } = memoryCluster({ answer, options: { settle: 500 } });
  const error = await failure(client.createGroup('g'));
  expect(error).toMatchObject({
    name: 'RolledBackError',
    nodes: [{ outcome: 'undone' }, { outcome: 'untouched' }],
    attempts: [{ node: 'one' }, { node: 'two' }, { node: 'two' }],
  });
  expect(sent().slice(4, 8)).toEqual(['POST one', 'GET one', 'POST two', 'DELETE one']);
  expect(held).toEqual({ one: false, two: false });
});

test('the node whose failure turned the operation is its cause, whoever failed before', async () => {
  const answer: Answer = ({ method, node, at }) => {
    if (method !== 'POST') return undefined;
    if (node === 'two') return busy('0');
    return at === 0 ? busy('0') : refused();
  };
  const { client, failure } = memoryCluster({
    answer,
    options: { retry: { attempts: 3, baseDelay: 10, jitter: 'none' } },
  });
  const error = await failure(client.createGroup('g'));
  expect(error).toMatchObject({ cause: { status: 403 } });
  expect(error.message).toContain(
    'one failed in 2 attempts to write (last: POST http://one.test/v1/group/ answered 403',
  );
});

test('what an undo reads back is told of the undo, and not of what turned the operation', async () => {
  let wrote = false;
  const answer: Answer = ({ method, node }) => {
    if (node !== 'one') return undefined;
    if (method !== 'POST') return wrote && method === 'GET' ? broken() : undefined;
    wrote = true;
    return lostAnswer();
  };
  const attempts = { baseDelay: 10, jitter: 'none' } as const;
  const { client, failure } = memoryCluster({
    answer,
    options: {
      settle: 200,
      retry: { attempts: 2, ...attempts },
      rollbackRetry: { attempts: 4, ...attempts },
    },
  });
  const error = await failure(client.createGroup('g'));
  expect(error.message).toMatch(
    /one failed in 2 attempts to write \(last: .*\); the undo did not end: one failed in 4 attempts to read back \(last: .*500\)$/,
  );
});
