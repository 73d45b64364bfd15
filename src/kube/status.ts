import * as v from 'valibot';
import type { StatusDetails } from './errors.ts';

/** What the API says when it refuses something. */
export interface Status {
  readonly code: number;
  /** Empty where there is none: a resourceVersion that is no number gets such an answer. */
  readonly reason: string;
  readonly message: string;
  readonly details: StatusDetails | undefined;
  /** With which an expired list can go on. */
  readonly continueToken: string | undefined;
}

/**
 * Reads a Status that tells of a failure. Not by its content type: an API server that ran out of time sends one as
 * text/plain, without kind and apiVersion. `undefined` for everything else, a backend's own JSON included.
 */
export function parseStatus(body: unknown): Status | undefined {
  const result = v.safeParse(failure, typeof body === 'string' ? parseJson(body) : body);
  if (!result.success) return undefined;
  const { code, reason, message, details, metadata } = result.output;
  return {
    code,
    reason: reason ?? '',
    message: withoutObjects(message ?? ''),
    details: details === undefined ? undefined : cleanDetails(details),
    continueToken: metadata?.continue,
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const failure = v.object({
  kind: v.optional(v.literal('Status')),
  status: v.literal('Failure'),
  code: v.number(),
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  metadata: v.optional(v.object({ continue: v.optional(v.string()) })),
  details: v.optional(
    v.object({
      name: v.optional(v.string()),
      group: v.optional(v.string()),
      kind: v.optional(v.string()),
      uid: v.optional(v.string()),
      retryAfterSeconds: v.optional(
        v.pipe(
          v.number(),
          v.transform((seconds) => Math.max(0, seconds)),
        ),
      ),
      causes: v.optional(
        v.array(
          v.object({
            reason: v.optional(v.string()),
            message: v.optional(v.string()),
            field: v.optional(v.string()),
          }),
        ),
      ),
    }),
  ),
});

type Parsed = NonNullable<v.InferOutput<typeof failure>['details']>;

function cleanDetails({ causes, ...details }: Parsed): StatusDetails {
  const cleaned = causes?.map(({ message, ...cause }) => ({
    ...cause,
    ...(message !== undefined && { message: withoutObjects(message) }),
  }));
  // Through JSON, which leaves out what is undefined.
  return JSON.parse(JSON.stringify({ ...details, causes: cleaned })) as StatusDetails;
}

/**
 * Objects stand in messages as Go prints them, as JSON or as a difference of two, wherever something about them is refused:
 * kilobytes, with the values of environment variables and Secrets. What comes between two of them goes as well; `causes`
 * has each alone. One without an end was cut off.
 */
function withoutObjects(message: string): string {
  return message.replace(/\{(?:.*\}|.*)/s, '{…}');
}
