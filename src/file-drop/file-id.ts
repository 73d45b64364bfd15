import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { validate } from '../core/validate.ts';

/**
 * The id of the file at a position of a drop, which is its Job's name as well: the same file of the same drop always gets
 * the same one, so that trying again cannot run it twice, and nobody can guess it who does not know the drop.
 *
 * @param position counted from 0
 */
export function dropFileId(dropId: string, position: number): string {
  return `file-drop-${digest(`${dropId}\n${position}`)}`;
}

/** The name of the one Job that a whole drop is. */
export function dropJobName(dropId: string): string {
  return `file-drop-${digest(dropId)}`;
}

/** The name of the Secret that holds a drop's token: of its id only, for a token must not be told from a name. */
export function dropSecretName(dropId: string): string {
  return `file-drop-token-${digest(dropId)}`;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** @throws {ConfigError} */
export const parseDropId = (value: unknown): string => validate(dropIdSchema, value, 'dropId');

/** A drop's id is a label's value, a segment of a url and the name of a file. */
export const dropIdSchema = v.custom<string>(
  (value) => typeof value === 'string' && value.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value),
  ({ input }) =>
    'expected a drop id of at most 63 lower-case letters, digits and "-" that begins and ends with a letter or ' +
    `digit (a UUID is one), received ${typeof input === 'string' ? JSON.stringify(input.slice(0, 80)) : typeof input}`,
);

/** Whether a text can be the id of a stored file at all; no other ever becomes part of a path. */
export const isFileId = (text: unknown): text is string =>
  typeof text === 'string' && /^file-drop-[0-9a-f]{32}$/.test(text);
