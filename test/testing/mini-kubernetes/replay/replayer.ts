import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  isJsonObject,
  type JsonObject,
  listAt,
  objectAt,
  stringAt,
} from '../../../../src/testing/mini-kubernetes/store/json.ts';

/** A recording of a real API server, as the files in test/fixtures/kube have it. */
export interface Recording {
  readonly description: string;
  readonly exchanges: readonly Exchange[];
}

export interface Exchange {
  readonly note?: string;
  readonly as?: string;
  readonly atMs: number;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly bodyText?: string;
  };
  readonly response: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly bodyText?: string;
    readonly lines?: readonly { readonly afterMs: number; readonly line: unknown }[];
    readonly connectionError?: string;
  };
}

export const readRecording = (name: string): Recording =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/kube/${name}.json`, import.meta.url), 'utf8'));

/** What came back: compared with the recorded one by `compareAnswers`. */
export interface Answer {
  /** `undefined` where no answer came. */
  readonly status: number | undefined;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text; `undefined` for an empty one and for a watch. */
  readonly body: unknown;
  /** The lines of a watch. */
  readonly lines?: readonly unknown[];
  /** Why no answer came. */
  readonly connectionError?: string;
}

/**
 * Texts of the recording that stand for others in the replay: resourceVersions, continue tokens, generated names,
 * uids. Learnt from each pair of answers, and put into what is sent afterwards.
 */
export class Translation {
  readonly #texts = new Map<string, string>();

  /** Learns wherever the two differ in a text that identifies something. */
  learn(recorded: unknown, received: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(received)) {
      for (const [index, item] of recorded.entries()) this.learn(item, received[index]);
    } else if (isJsonObject(recorded) && isJsonObject(received)) {
      for (const [key, value] of Object.entries(recorded)) {
        const other = received[key];
        if (IDENTITIES.has(key) && typeof value === 'string' && typeof other === 'string') {
          this.#texts.set(value, other);
        } else {
          this.learn(value, other);
        }
      }
    }
  }

  set(recorded: string, replayed: string): void {
    this.#texts.set(recorded, replayed);
  }

  text(text: string): string {
    return this.#texts.get(text) ?? text;
  }

  /** Whole texts are replaced, and names in a path. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, this.value(held)]));
  }

  path(path: string): string {
    const [pathname = '', query] = path.split('?');
    const parts = pathname.split('/').map((part) => this.text(part));
    const search = (query ?? '').split('&').map((pair) => {
      const [key, value = ''] = pair.split(/=(.*)/s);
      return this.#texts.has(value) ? `${key}=${this.text(value)}` : pair;
    });
    return parts.join('/') + (query === undefined ? '' : `?${search.join('&')}`);
  }
}

const IDENTITIES: ReadonlySet<string> = new Set(['uid', 'resourceVersion', 'continue', 'name']);

/** What is done around the exchanges of one recording, by their index. */
export interface Scenario {
  readonly url: string;
  readonly translation: Translation;
  /** Adds the credentials of the recorded user. */
  readonly headers?: (user: string | undefined) => Record<string, string>;
  /** Done before the exchange with this index: what happened outside the recording. */
  readonly before?: Readonly<Record<number, () => unknown>>;
  /** Done once a watch with this index is open, when it is to see something happen. */
  readonly during?: Readonly<Record<number, () => unknown>>;
  /** Indices that are not sent. */
  readonly skip?: ReadonlySet<number>;
}

export interface Replayed {
  readonly index: number;
  readonly exchange: Exchange;
  readonly answer: Answer;
}

/** Sends each exchange in the order of the recording, one after the other. */
export async function replay(recording: Recording, scenario: Scenario): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  const { translation } = scenario;
  for (const [index, exchange] of recording.exchanges.entries()) {
    if (scenario.skip?.has(index)) continue;
    await scenario.before?.[index]?.();
    const received = await sendExchange(exchange, scenario, scenario.during?.[index]);
    const { body, lines } = exchange.response;
    const answer = { ...received, body: inOrderOf(body, received.body, translation) };
    translation.learn(body, answer.body);
    translation.learn(
      lines?.map(({ line }) => line),
      answer.lines,
    );
    replayed.push({ index, exchange, answer });
  }
  return replayed;
}

/** A list's items in the order of the recorded ones: names that are drawn sort differently each time. */
function inOrderOf(recorded: unknown, received: unknown, translation: Translation): unknown {
  const items = objectAt(received)['items'];
  if (!isJsonObject(received) || !Array.isArray(items)) return received;
  const names = listAt(objectAt(recorded)['items']).map((item) => translation.text(stringAt(nameOf(item))));
  const place = (item: unknown) => names.indexOf(stringAt(nameOf(item)));
  if (items.some((item) => place(item) === -1)) return received;
  return { ...received, items: items.toSorted((a, b) => place(a) - place(b)) };
}

const nameOf = (object: unknown) => objectAt(objectAt(object)['metadata'])['name'];

export async function sendExchange(
  { as: user, request, response: recorded }: Exchange,
  { url, translation, headers }: Scenario,
  during?: () => unknown,
): Promise<Answer> {
  const { authorization = '', ...sent } = request.headers ?? {};
  // Tokens were not recorded, other schemes were.
  const other = authorization === '' || authorization.startsWith('Bearer') ? {} : { authorization };
  const body =
    request.bodyText ?? (request.body === undefined ? '' : JSON.stringify(translation.value(request.body)));
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
  const path = translation.path(request.path);
  let response: IncomingMessage;
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      // Not by fetch, which changes paths and adds headers.
      const options = {
        method: request.method,
        path,
        headers: { ...sent, ...length, ...headers?.(user), ...other },
      };
      httpRequest(url, options, resolve).on('error', reject).end(body);
    });
  } catch (error) {
    const { code, message } = objectAt(error);
    return {
      status: undefined,
      headers: new Headers(),
      body: undefined,
      connectionError: `${code} ${message}`,
    };
  }
  // A watch's headers come before what it is to see.
  await during?.();
  const received = await text(response);
  const status = response.statusCode;
  const answer = { status, headers: headersOf(response) };
  if (recorded.lines === undefined || status !== 200) return { ...answer, body: parse(received) };
  const lines = received.split('\n').filter((line) => line !== '');
  return { ...answer, body: undefined, lines: lines.map((line) => JSON.parse(line)) };
}

const headersOf = ({ headersDistinct }: IncomingMessage) =>
  new Headers(
    Object.entries(headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    ),
  );

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/**
 * What differs between a recorded answer and one from the replay: the status, the `Warning`, `Retry-After` and
 * `Content-Type` headers, the body's shape and its stable texts, and a watch's events by type and name, in order. Empty
 * for none. Each difference is a path with what was recorded and received.
 */
export function compareAnswers({ exchange, answer }: Replayed, translation: Translation): string[] {
  const { response: recorded } = exchange;
  const differences: string[] = [];
  const differ = (path: string, before: unknown, after: unknown) => {
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      differences.push(`${path}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
    }
  };
  differ('status', recorded.status, answer.status);
  differ('connectionError', recorded.connectionError, answer.connectionError);
  for (const name of ['Warning', 'Retry-After', 'Content-Type']) {
    differ(`header ${name}`, recorded.headers?.[name] ?? null, answer.headers.get(name));
  }
  if (answer.lines !== undefined) {
    const lines = (recorded.lines ?? []).map(({ line }) => line);
    const expected = lines.map((line) => describeEvent(line, (name) => translation.text(name)));
    differ(
      'events',
      expected,
      answer.lines.map((line) => describeEvent(line)),
    );
    lines.forEach((line, index) => {
      differences.push(...compareShapes(`line ${index}`, line, answer.lines?.[index], translation));
    });
  } else {
    const expected = recorded.bodyText ?? recorded.body ?? (recorded.lines ?? [])[0]?.line;
    differences.push(
      ...compareShapes('body', expected === '' ? undefined : expected, answer.body, translation),
    );
  }
  return differences;
}

function describeEvent(line: unknown, translate = (name: string) => name): string {
  const { type, object } = objectAt(line);
  const { reason } = objectAt(object);
  const name = translate(stringAt(nameOf(object)));
  return [type ?? objectAt(line)['kind'], name, reason].filter(Boolean).join(' ');
}

/** Values under these keys are the server's own and differ each time. */
const OWN_VALUES: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'continue',
  'creationTimestamp',
  'deletionTimestamp',
  'lastTransitionTime',
  'lastProbeTime',
  'startTime',
  'startedAt',
  'finishedAt',
  'completionTime',
  'containerID',
  'clusterIP',
  'clusterIPs',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
]);

/** Where the two differ in their keys, in the types of values, or in a value that does not depend on the run. */
export function compareShapes(
  path: string,
  recorded: unknown,
  received: unknown,
  translation: Translation,
): string[] {
  if (Array.isArray(recorded) && Array.isArray(received)) {
    if (recorded.length !== received.length)
      return [`${path}: ${recorded.length} became ${received.length} items`];
    return recorded.flatMap((item, index) =>
      compareShapes(`${path}[${index}]`, item, received[index], translation),
    );
  }
  if (isJsonObject(recorded) && isJsonObject(received))
    return compareKeys(path, recorded, received, translation);
  if (typeof recorded === typeof received && (recorded === null) === (received === null)) {
    if (sameText(recorded, received, translation)) return [];
  }
  return [`${path}: ${JSON.stringify(recorded)} became ${JSON.stringify(received)}`];
}

function compareKeys(
  path: string,
  recorded: JsonObject,
  received: JsonObject,
  translation: Translation,
): string[] {
  const keys = new Set([...Object.keys(recorded), ...Object.keys(received)]);
  return [...keys].flatMap((key) => {
    if (!Object.hasOwn(recorded, key)) return [`${path}.${key}: is new`];
    if (!Object.hasOwn(received, key)) return [`${path}.${key}: is missing`];
    if (OWN_VALUES.has(key) && typeof recorded[key] === typeof received[key]) return [];
    return compareShapes(`${path}.${key}`, recorded[key], received[key], translation);
  });
}

/** Messages name versions and uids in the middle of a text. */
function sameText(recorded: unknown, received: unknown, translation: Translation): boolean {
  if (typeof recorded !== 'string' || typeof received !== 'string') return recorded === received;
  return translation.text(recorded) === received || stable(recorded) === stable(received);
}

const stable = (text: string) =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\(\d+\)|current: \d+/g, '<version>');
