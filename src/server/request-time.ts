/** Notes that an app sees by itself to requests that take too long. */
export function markAsTiming(app: object): void {
  Object.defineProperty(app, timing, { value: true });
}

/** Whether it was noted. */
export const seesToTime = (app: object): boolean => Reflect.get(app, timing) === true;

// In the global registry: the app may come from another copy of the library.
const timing = Symbol.for('holdfast.seesToTime');
