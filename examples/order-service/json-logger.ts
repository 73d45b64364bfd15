import type { Logger } from 'holdfast';

/** A line of JSON for each message but those of `debug`, on standard error. Most logging libraries fit as they are. */
export function jsonLogger(): Logger {
  const write = (level: string) => (message: string, details?: object) =>
    console.error(JSON.stringify({ time: new Date().toISOString(), level, message, ...details }));
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}
