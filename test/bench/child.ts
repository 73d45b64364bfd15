import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that runs a module of this folder and speaks by messages. */
export interface Child extends AsyncDisposable {
  /** Its next message. */
  heard<Message>(): Promise<Message>;
  /** Sends a word and gives the next message. */
  ask<Message>(word: string): Promise<Message>;
}

/** @throws where the process ends before it has said what is waited for */
export function startChild(module: URL, args: readonly string[] = []): Child {
  const child = fork(module, args, { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] });
  const heard = <Message>() => nextMessage<Message>(child, module);
  return {
    heard,
    ask: (word) => {
      const answer = heard<never>();
      child.send(word);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** For the other end: says something to the process that started this one. */
export function say(message: object): void {
  if (process.send === undefined) throw new TypeError('this module is run by startChild');
  process.send(message);
}

async function nextMessage<Message>(child: ChildProcess, module: URL): Promise<Message> {
  const stop = new AbortController();
  const { signal } = stop;
  const died = once(child, 'exit', { signal }).then(([code]): never => {
    throw new Error(`${module.pathname} ended with ${code} before it answered`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), died]);
    return message as Message;
  } finally {
    // Its rejection is that of the abort, which nobody waits for.
    died.catch(() => undefined);
    stop.abort();
  }
}
