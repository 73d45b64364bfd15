import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type ConfigIssue } from '../../core/errors.ts';
import type { JobAction } from '../../syncrator/job.ts';
import { readParams } from '../../syncrator/read-params.ts';
import type { StartParams } from './job-store.ts';

/** A folder of predefined parameters: `<env>/<project>-<action>.public_params`. */
export interface ParamsFolder {
  /**
   * Reads a file, anew each time.
   * @throws ConfigError where `env`, `project` or `action` is no name, or where the file is not as it has to be
   */
  read(which: PredefinedStart): Promise<PredefinedParams>;
}

/** Names a file of predefined parameters: each at most 63 letters, digits, `_`, `.` and `-`, a letter or digit first. */
export interface PredefinedStart {
  /** The folder in the folder. */
  readonly env: string;
  /** The first part of the file's name. */
  readonly project: string;
  /** The second part of the file's name. */
  readonly action: string;
}

/** What a file of predefined parameters has. */
export interface PredefinedParams {
  /** The file's path in the folder, as `qas/avo-sync.public_params`. */
  readonly file: string;
  /** `undefined` where there is no such file. */
  readonly params: StartParams | undefined;
}

/** Whatever the three names hold, nothing outside of the folder is read, but by links that stand in it. */
export function paramsFolder(folder: string): ParamsFolder {
  if (typeof folder !== 'string' || folder === '') {
    const message = `expected the path of a folder, received ${folder === '' ? 'an empty text' : typeof folder}`;
    throw new ConfigError([{ path: 'folder', message }]);
  }
  return {
    read: async (which) => {
      const file = fileOf(which);
      const text = await readText(join(folder, file), file);
      return { file, params: text === undefined ? undefined : parse(text, file) };
    },
  };
}

function fileOf(which: PredefinedStart): string {
  const issues: ConfigIssue[] = [];
  for (const path of ['env', 'project', 'action'] as const) {
    if (!isName(which[path])) {
      const message =
        'expected at most 63 letters, digits, "_", "." and "-" that begin with a letter or digit';
      issues.push({ path, message });
    }
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return `${which.env}/${which.project}-${which.action}.public_params`;
}

/** Nothing that a path could go elsewhere by, on any system. */
const isName = (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,62}$/.test(value);

async function readText(path: string, source: string): Promise<string | undefined> {
  try {
    // A pipe would never be read to its end.
    if (!(await stat(path)).isFile()) throw unusable(source, 'is no file');
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw unusable(source, 'is a link that leads to itself');
    if (code === 'EACCES' || code === 'EPERM') throw unusable(source, 'may not be read by this server');
    throw error;
  }
}

const unusable = (source: string, message: string) => new ConfigError([{ path: '', source, message }]);

const ACTIONS: ReadonlySet<string> = new Set<JobAction>(['sync', 'delta', 'delete', 'diff']);

function parse(text: string, source: string): StartParams {
  try {
    const params = readParams(text);
    const { TARGET, ENV, ACTION_NAME, ACTION, IS_TAG, OPTIONS } = params;
    const known = { TARGET, ENV, ACTION_NAME, ACTION, IS_TAG, OPTIONS };
    const issues = Object.entries(known)
      .filter(([, value]) => value === undefined)
      .map(([key]) => ({ path: 'text', message: `${key} is missing; add a line ${key}=value` }));
    if (ACTION !== undefined && !ACTIONS.has(ACTION)) {
      const message = `ACTION has to be ${[...ACTIONS].join(', ')}: received ${JSON.stringify(ACTION)}`;
      issues.push({ path: 'text', message });
    }
    if (issues.length > 0) throw new ConfigError(issues);
    return { ...params, ...known } as StartParams;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The file in place of the text that was read from it.
    throw new ConfigError(error.issues.map((issue) => ({ ...issue, path: '', source })));
  }
}
