import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type * as Client from '@kubernetes/client-node';

type Library = Pick<typeof Client, 'KubeConfig' | 'loadYaml'>;

/**
 * Reads the files of $KUBECONFIG, else ~/.kube/config, else what the client knows of: a service account. As kubectl does,
 * files that are listed and not there are passed over, and what the first file says of a name counts.
 */
export function loadDefault(library: Library): Client.KubeConfig {
  const listed = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const [first, ...others] = listed.filter((path) => existsSync(path));
  if (first !== undefined)
    return others.reduce((config, path) => merge(config, path, library), loadFile(first, library));
  const [missing] = listed;
  const usual = missing ?? join(homedir(), '.kube', 'config');
  // One that is named and not there is an error that says so.
  if (missing !== undefined || existsSync(usual)) return loadFile(usual, library);
  const config = new library.KubeConfig();
  config.loadFromDefault();
  return config;
}

/** Reads one file; as kubectl does, a `tokenFile` counts over a token and is read again while it is used. */
export function loadFile(path: string, { KubeConfig, loadYaml }: Library): Client.KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  // The client does not know that field.
  const raw = loadYaml<RawConfig>(readFileSync(path, 'utf8'));
  config.users = config.users.map((user, index) => {
    const tokenFile = raw.users?.[index]?.user?.tokenFile;
    if (typeof tokenFile !== 'string' || tokenFile === '') return user;
    const config = { tokenFile: resolve(dirname(path), tokenFile) };
    const { token: _, ...rest } = user;
    return { ...rest, authProvider: { name: 'tokenFile', config } };
  });
  return config;
}

/** Not what may be the text of a kubeconfig: paths are shown. */
export const isPath = (text: string): boolean =>
  text.length <= 4096 && /^(?!\s*\{)(?!.*: )[^\r\n]+$/.test(text);

interface RawConfig {
  readonly users?: readonly { readonly user?: { readonly tokenFile?: unknown } | null }[] | null;
}

function merge(config: Client.KubeConfig, path: string, library: Library): Client.KubeConfig {
  const other = loadFile(path, library);
  config.clusters = firstOfName([...config.clusters, ...other.clusters]);
  config.users = firstOfName([...config.users, ...other.users]);
  config.contexts = firstOfName([...config.contexts, ...other.contexts]);
  // Not there where the file names none.
  if (!(config.currentContext as string | undefined)) config.setCurrentContext(other.currentContext);
  return config;
}

const firstOfName = <Named extends { readonly name: string }>(all: readonly Named[]): Named[] =>
  all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
