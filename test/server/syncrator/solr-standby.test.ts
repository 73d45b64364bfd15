import { describe, expect, it } from 'vitest';
import { solrStandby } from '../../../src/server/syncrator/solr-standby.ts';
import { eagerClock } from '../../config-action/eager-clock.ts';
import { jobsOf, runnerCluster } from './kubernetes/runner-cluster.ts';
import { paramsOf } from './kubernetes/start-params.ts';
import { startSolr } from './solr-server.ts';

const app = paramsOf('cataloguspro');
const { signal } = new AbortController();
const retry = { attempts: 4, baseDelay: 1, maxDelay: 2 };

describe('solrStandby', () => {
  it('empties what the standby alias serves and points the sync alias there', async () => {
    const solr = await startSolr();
    await solrStandby({ url: solr.url }).prepare(app, { signal });
    expect(Object.fromEntries(solr.documents)).toEqual({
      blue: { seen: 3, written: 3 },
      green: { seen: 0, written: 0 },
      teal: { seen: 0, written: 0 },
    });
    expect(Object.fromEntries(solr.aliases)).toEqual({
      cataloguspro: 'blue',
      'cataloguspro-standby': 'green,teal',
      'cataloguspro-sync': 'green,teal',
    });
    expect(solr.asked).toEqual([
      'GET admin/collections?action=LISTALIASES',
      'POST cataloguspro-standby/update',
      'POST cataloguspro-standby/update',
      'GET admin/collections?action=CREATEALIAS&name=cataloguspro-sync&collections=green%2Cteal',
      'GET admin/collections?action=LISTALIASES',
    ]);
  });

  it.each([
    ['all of them', { cataloguspro: 'blue', 'cataloguspro-standby': 'blue' }],
    ['one of them', { cataloguspro: 'blue,green', 'cataloguspro-standby': 'green,teal' }],
    ['them by another alias', { cataloguspro: 'live', live: 'green', 'cataloguspro-standby': 'green' }],
  ])('changes nothing where both aliases serve the same collections, %s', async (_which, aliases) => {
    const solr = await startSolr({ aliases });
    const prepared = solrStandby({ url: solr.url, retry }).prepare(app, { signal });
    await expect(prepared).rejects.toMatchObject({ name: 'SolrError', retryable: false });
    expect(solr.asked).toEqual(['GET admin/collections?action=LISTALIASES']);
  });

  it('names an alias that is missing, and those that are there', async () => {
    const solr = await startSolr({ aliases: { cataloguspro: 'blue' } });
    const prepared = solrStandby({ url: solr.url, retry }).prepare(app, { signal });
    await expect(prepared).rejects.toThrow('no alias cataloguspro-standby in Solr (there are cataloguspro)');
    expect(solr.asked).toHaveLength(1);
  });

  it('begins again from the first step where Solr does not answer', async () => {
    let failures = 0;
    const solr = await startSolr({
      refuse: (asked) => (asked.includes('CREATEALIAS') && failures++ < 2 ? 503 : undefined),
    });
    await solrStandby({ url: solr.url, retry, clock: eagerClock(10) }).prepare(app, { signal });
    expect(solr.asked.filter((asked) => asked.startsWith('POST'))).toHaveLength(6);
    expect(solr.aliases.get('cataloguspro-sync')).toBe('green,teal');
  });

  it('does not believe that the alias was pointed there', async () => {
    const aliases = { cataloguspro: 'blue', 'cataloguspro-standby': 'green', 'cataloguspro-sync': 'blue' };
    const solr = await startSolr({ stuck: true, aliases });
    const prepared = solrStandby({ url: solr.url, retry: { attempts: 1 } }).prepare(app, { signal });
    await expect(prepared).rejects.toThrow('cataloguspro-sync serves blue once it was pointed at green');
  });

  it('takes no page of something else for an answer, and shows no credentials', async () => {
    const solr = await startSolr({ refuse: () => 200 });
    const url = solr.url.replace('http://', 'http://user:p%40ss@');
    const error = await solrStandby({ url, retry: { attempts: 1 } })
      .prepare(app, { signal })
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("no success of Solr's");
    expect(JSON.stringify(error) + String(error)).not.toContain('p%40ss');
    expect([...solr.authorizations]).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
  });

  it('sends nothing once its signal has aborted', async () => {
    const solr = await startSolr();
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    const prepared = solrStandby({ url: solr.url }).prepare(app, { signal: stop.signal });
    await expect(prepared).rejects.toThrow('stopped');
    expect(solr.asked).toEqual([]);
  });

  it('is for the full synchronisation of its targets alone', () => {
    const hook = solrStandby({ url: 'http://127.0.0.1:1/solr' });
    expect(hook.params(app).OPTIONS).toBe(
      '-n 1000 -c 1 --switch_solr_alias --target_env qas --target cataloguspro',
    );
    for (const other of [paramsOf('avo'), { ...app, ACTION: 'delta' }]) {
      expect(hook.applies(other)).toBe(false);
      expect(hook.params(other)).toBe(other);
    }
  });

  it.each([
    [{ url: 'ftp://solr' }, /expected an absolute url/],
    [{ url: 'http://solr.example/solr', targets: ['../x'] }, /expected the name of a target/],
    [{ url: 5 }, /expected a string, received 5/],
  ])('refuses the options %j', (options, message) => {
    expect(() => solrStandby(options as { url: string })).toThrow(message);
  });
});

describe('a job that needs Solr', () => {
  it('runs once the standby is prepared, which two runners do once', async () => {
    const solr = await startSolr();
    const beforeStart = solrStandby({ url: (env) => (env === 'qas' ? solr.url : 'http://127.0.0.1:1/') });
    const seen: (string | undefined)[] = [];
    const cluster = await runnerCluster({
      targets: ['cataloguspro'],
      runner: { beforeStart },
      program: async ({ report }) => {
        seen.push(solr.aliases.get('cataloguspro-sync'));
        report('completed');
        return undefined;
      },
    });
    const other = cluster.open({ kube: cluster.connect() });
    const { job } = await cluster.store.start(app);
    await Promise.all([cluster.runner.start(job.id), other.runner.start(job.id)]);
    await expect.poll(() => cluster.store.unfinished()).toEqual([]);
    expect(seen).toEqual(['green,teal']);
    expect(cluster.texts[0]).toContain(
      '--switch_solr_alias --target_env qas --target cataloguspro --api_job_id 1',
    );
    expect(solr.asked.filter((asked) => asked.includes('CREATEALIAS'))).toHaveLength(1);
  });

  it('has failed, and never runs, where the standby must not be emptied', async () => {
    const solr = await startSolr({ aliases: { cataloguspro: 'blue', 'cataloguspro-standby': 'blue' } });
    const { store, runner, kube, ran } = await runnerCluster({
      targets: ['cataloguspro'],
      runner: { beforeStart: solrStandby({ url: solr.url }) },
    });
    const { job } = await store.start(app);
    await runner.start(job.id);
    expect((await store.job(job.id))?.status).toBe('failed');
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect(ran).toEqual([]);
  });

  it('has failed, and never runs, where Solr is away for too long', async () => {
    const { store, runner, kube, ran } = await runnerCluster({
      targets: ['cataloguspro'],
      runner: {
        beforeStart: solrStandby({ url: 'http://127.0.0.1:1/solr', retry: { attempts: 1 } }),
        startTimeout: 500,
      },
    });
    const { job } = await store.start(app);
    await runner.start(job.id);
    expect((await store.job(job.id))?.status).toBe('failed');
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect(ran).toEqual([]);
  });

  it('is shown with the options of Solr in a dry run, which asks Solr nothing', async () => {
    const solr = await startSolr();
    const { runner } = await runnerCluster({ runner: { beforeStart: solrStandby({ url: solr.url }) } });
    expect(runner.plan(app, 'dryrun').params.OPTIONS).toBe(
      '-n 1000 -c 1 --switch_solr_alias --target_env qas --target cataloguspro --api_job_id dryrun',
    );
    expect(solr.asked).toEqual([]);
  });
});
