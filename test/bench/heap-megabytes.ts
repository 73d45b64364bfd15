/** Of what is alive. */
export function heapMegabytes(): number {
  if (globalThis.gc === undefined) throw new TypeError('this needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1_000_000;
}
