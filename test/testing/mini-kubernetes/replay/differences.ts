import { compareAnswers, type Recording, type Replayed, type Translation } from './replayer.ts';

/** Exchanges that are not sent, by their index in the recording, and why. */
interface LeftOut {
  readonly indices: readonly number[];
  readonly reason: string;
}

/** How answers differ on purpose, and why. */
interface MeantDifference {
  /** In which exchange, by its index. @default any of them */
  readonly index?: number;
  /** Fits a difference as `compareAnswers` words it. */
  readonly at: RegExp;
  readonly reason: string;
}

const LEFT_OUT: Readonly<Record<string, readonly LeftOut[]>> = {
  '01-basics': [
    { indices: [12], reason: 'Bare metadata of objects is not offered: nothing in the library asks for it.' },
  ],
  '04-services': [
    {
      indices: [8, 9, 10],
      reason:
        'Endpoints and EndpointSlices are no resources of this server: nothing in the library reads them.',
    },
  ],
  '07a-job-succeeds': [
    { indices: [8], reason: 'Events are no resource of this server: nothing in the library reads them.' },
  ],
  '12-auth': [
    {
      indices: [22, 23, 24],
      reason: 'Access reviews are no resources of this server: nothing in the library asks for them.',
    },
  ],
  '14-pods-proxy': [
    { indices: [32], reason: 'Links in HTML are not rewritten: nothing in the library reads pages of pods.' },
    { indices: [36], reason: 'An address without a route: tests use no other network than loopback.' },
    {
      indices: [39],
      reason:
        'A pod on a loopback address, which is refused there and is the only kind of pod there is here.',
    },
  ],
  '18-patch': [
    { indices: [11, 12, 13, 14, 15], reason: 'There is no server-side apply: it is answered with 415.' },
  ],
  '20-server-restart': [
    {
      indices: [0, 1, 2, 3, 4, 5, 6, 7],
      reason: 'Refused connections and a cut watch while the server restarts: faults stand for them here.',
    },
  ],
};

const OWN_PODS: MeantDifference = {
  at: /\.(podIP|podIPs\[0\]\.ip|imageID): "/,
  reason: 'Pods have addresses in 127.0.0.0/8 here, and their images are those of this server.',
};

const OWN_COMMIT = (index: number): MeantDifference => ({
  index,
  at: /^body\.gitCommit: /,
  reason: 'It is not built from that commit.',
});

const INVALID_MESSAGE = /^body\.(message|details\.causes\[0\]\.message): /;

const MEANT: Readonly<Record<string, readonly MeantDifference[]>> = {
  '01-basics': [
    OWN_COMMIT(0),
    {
      index: 3,
      at: /^body\.serverAddressByClientCIDRs: /,
      reason: 'There are no client networks to tell apart.',
    },
    {
      index: 5,
      at: /^body\.resources: /,
      reason: 'Of the group batch only jobs and jobs/status are here, no cronjobs.',
    },
  ],
  '06-job-create': [
    {
      index: 31,
      at: INVALID_MESSAGE,
      reason: 'The refused template is printed with all its fields there, with those that are set here.',
    },
  ],
  '07a-job-succeeds': [OWN_PODS],
  '07b-job-fails': [OWN_PODS],
  '07c-job-indexed': [OWN_PODS],
  '09-job-delete': [OWN_PODS],
  '10-deletecollection': [OWN_PODS],
  '11c-watch-job': [OWN_PODS],
  '12-auth': [OWN_COMMIT(3)],
  '14-pods-proxy': [
    {
      index: 18,
      at: /^body\.headers\.x-forwarded-uri: /,
      reason: 'A path with double slashes is told to the pod twice over there: a slip that nobody builds on.',
    },
  ],
  '16-leases': [8, 9, 11, 13].map((index) => ({
    index,
    at: INVALID_MESSAGE,
    reason:
      'The patched object in the middle of the message has managedFields there, which are not kept here.',
  })),
  '18-patch': [
    {
      index: 10,
      at: /^body\.status\.conditions\[0\]\.lastProbeTime: /,
      reason: 'A condition made by a client is kept as it was sent, not filled up with null.',
    },
  ],
};

/** What programs decide by: whether an answer came, its status, the reason and code of a Status, a watch's events. */
const NEVER_MEANT =
  /^(status|connectionError|events|body|(body|line \d+)(\.object)?\.(reason|code|status)): /;

export const leftOut = (recording: string): ReadonlySet<number> =>
  new Set((LEFT_OUT[recording] ?? []).flatMap(({ indices }) => indices));

/**
 * What is not as this page has it: differences that are not meant, those that are and no longer occur, and exchanges
 * that were not sent though they are not left out.
 */
export function surprises(
  name: string,
  { exchanges }: Recording,
  replayed: readonly Replayed[],
  translation: Translation,
): readonly string[] {
  const meant = MEANT[name] ?? [];
  const used = new Set<MeantDifference>();
  const unmeant = replayed.flatMap((one) =>
    compareAnswers(one, translation).flatMap((difference) => {
      const entry = meant.find(
        ({ index = one.index, at }) =>
          index === one.index && at.test(difference) && !NEVER_MEANT.test(difference),
      );
      if (entry !== undefined) used.add(entry);
      return entry === undefined ? [`#${one.index} ${difference}`] : [];
    }),
  );
  const gone = meant.filter((entry) => !used.has(entry)).map(({ at }) => `no longer differs: ${at}`);
  const sent = new Set([...replayed.map(({ index }) => index), ...leftOut(name)]);
  const unsent = exchanges.flatMap((_, index) => (sent.has(index) ? [] : [`#${index} was not sent`]));
  return [...unmeant, ...gone, ...unsent];
}
