import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import type { ClusterClientOptions } from '../../../src/cluster/options.ts';

// A process that does one bulk run with a journal. Argument: the work, as JSON.

export interface CrashWork {
  readonly urls: Readonly<Record<string, string>>;
  readonly options: Pick<
    ClusterClientOptions,
    'dialect' | 'settle' | 'attemptTimeout' | 'deadline' | 'rollbackDeadline' | 'retry' | 'rollbackRetry'
  >;
  readonly journal: string;
  readonly run: 'create' | 'delete' | 'undo' | 'finish';
  readonly ids: readonly string[];
}

const { urls, options, journal: path, run, ids }: CrashWork = JSON.parse(process.argv[2] ?? '');
const journal = fileJournal(path);
const cluster = new ClusterClient(urls, { ...options, journal });
if (run === 'create') await cluster.createGroups(ids);
else if (run === 'delete') await cluster.deleteGroups(ids);
else await cluster.recover({ resolve: run });
await cluster.close();
await journal.close();
