import { createHash } from 'node:crypto';
import { HoldfastError } from '../core/errors.ts';
import type { KubernetesObject } from './resources.ts';

export type Lease = KubernetesObject<'leases'>;

/** What one holder writes down. */
export interface Term {
  readonly name: string;
  readonly key: string;
  /** The instance of the lock. */
  readonly holder: string;
  /** This one acquisition: a write of an earlier one, or of somebody else, is told from its own by that. */
  readonly term: string;
  /** Wall-clock milliseconds. */
  readonly acquiredAt: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What changes while it is held. */
export interface TermState {
  /** Absent once it is given back. */
  readonly held: boolean;
  readonly note: string | undefined;
  /** Wall-clock milliseconds. */
  readonly renewedAt: number;
}

/**
 * The name of a key's Lease. Keys are any text, names are not (RFC 1123, as "Object Names and IDs" of Kubernetes has it),
 * so it is a hash, and the key itself stands in an annotation.
 */
export function leaseName(prefix: string, key: string): string {
  // In UTF-16: as UTF-8 every lone surrogate would be the same.
  return `${prefix}-${createHash('sha256').update(key, 'utf16le').digest('hex').slice(0, 40)}`;
}

/** The object to write, based on the one that stands there. */
export function writeLease(term: Term, { held, note, renewedAt }: TermState, before?: Lease): Lease {
  const { [ANNOTATIONS.note]: _note, ...others } = before?.metadata?.annotations ?? {};
  const isFirst = before?.metadata?.annotations?.[ANNOTATIONS.term] !== term.term;
  return {
    metadata: {
      ...before?.metadata,
      name: term.name,
      labels: { ...before?.metadata?.labels, 'app.kubernetes.io/managed-by': 'holdfast' },
      annotations: {
        ...others,
        [ANNOTATIONS.key]: JSON.stringify(term.key),
        [ANNOTATIONS.term]: term.term,
        ...(note === undefined ? {} : { [ANNOTATIONS.note]: note }),
      },
    },
    spec: {
      ...(held ? { holderIdentity: term.holder } : {}),
      // Rounded up: the holder itself counts by the milliseconds.
      leaseDurationSeconds: Math.ceil(term.duration / 1000),
      acquireTime: microTime(term.acquiredAt),
      renewTime: microTime(renewedAt),
      leaseTransitions: (before?.spec?.leaseTransitions ?? -1) + (isFirst ? 1 : 0),
    },
  };
}

/** What stands in a Lease. */
export interface LeaseState {
  /** Changes with every write: as long as it is the same, nobody has written. */
  readonly version: string;
  readonly holder: string | undefined;
  readonly term: string | undefined;
  readonly note: string | undefined;
  /** Milliseconds; `undefined` where it does not say. */
  readonly duration: number | undefined;
}

/** @throws HoldfastError code LEASE_FOREIGN for a Lease of that name that is not this key's */
export function readLease({ metadata, spec }: Lease, key: string): LeaseState {
  const annotations = metadata?.annotations ?? {};
  if (annotations[ANNOTATIONS.key] !== JSON.stringify(key)) {
    throw new HoldfastError(
      `the Lease ${JSON.stringify(metadata?.name)} is not one of this lock's; choose another prefix`,
      { code: 'LEASE_FOREIGN' },
    );
  }
  const seconds = spec?.leaseDurationSeconds;
  return {
    version: `${metadata?.uid} ${metadata?.resourceVersion}`,
    // Some clear it by an empty text.
    holder: spec?.holderIdentity || undefined,
    term: annotations[ANNOTATIONS.term],
    note: annotations[ANNOTATIONS.note],
    duration: seconds === undefined ? undefined : seconds * 1000,
  };
}

/** The API takes times of Leases with exactly six decimals. */
function microTime(milliseconds: number): string {
  const micros = String(Math.floor((milliseconds % 1) * 1000)).padStart(3, '0');
  return new Date(milliseconds).toISOString().replace('Z', `${micros}Z`);
}

const ANNOTATIONS = { key: 'holdfast/key', term: 'holdfast/term', note: 'holdfast/note' } as const;
