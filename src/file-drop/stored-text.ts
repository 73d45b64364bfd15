import * as v from 'valibot';
import { HoldfastError } from '../core/errors.ts';
import { count, oneOf, validate } from '../core/validate.ts';
import { dropIdSchema, isFileId } from './file-id.ts';
import type { DropRecord, NewFile, StoredFile } from './file-store.ts';

/** How records of files and drops are written, and read with nothing taken for granted. */

export const fileText = (file: Omit<StoredFile, 'scheduled'>): string => JSON.stringify(file);
export const dropText = (drop: DropRecord): string => JSON.stringify(drop);

/** @throws HoldfastError `STORE_DAMAGED` */
export function fileFrom(text: string, scheduled: boolean): StoredFile {
  return { ...read(storedFile, text), scheduled };
}

/** @throws HoldfastError `STORE_DAMAGED` */
export function dropFrom(text: string): DropRecord {
  return read(dropRecord, text);
}

/** @throws {ConfigError} */
export const parseNewFile = (file: unknown): NewFile => validate(newFile, file, 'file');

/** The longest file name that is taken, in UTF-16 units. */
const LONGEST_NAME = 4_096;

const newFileEntries = {
  id: v.custom<string>(isFileId, 'expected an id as dropFileId makes it'),
  dropId: dropIdSchema,
  position: count(0),
  filename: v.custom<string>(
    (value) => typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME,
    ({ input }) => {
      const received = typeof input === 'string' ? `one of ${input.length}` : typeof input;
      return `expected a file name of 1 to ${LONGEST_NAME} characters, received ${received}`;
    },
  ),
};

const newFile = v.strictObject(newFileEntries);

const date = v.pipe(
  v.string(),
  v.transform((text) => new Date(text)),
  v.check((read) => !Number.isNaN(read.getTime()), 'expected a date'),
);

const storedFile = v.object({ ...newFileEntries, size: count(0), storedAt: date });

const dropRecord = v.object({
  dropId: dropIdSchema,
  mode: oneOf('job', 'indexed'),
  createdAt: date,
  rate: v.optional(v.number()),
  indexed: v.optional(v.object({ count: count(0), gaps: v.array(count(0)) })),
});

function read<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    const message = 'a record of the file store cannot be read; restore it or remove it with its file';
    throw new HoldfastError(message, { code: 'STORE_DAMAGED', cause });
  }
}
