import { withRetries } from '../../core/retry.ts';
import { openTransport } from '../../http/transport.ts';
import type { StartParams } from './job-store.ts';
import type { BeforeStart } from './runner.ts';
import { SolrAdmin, SolrError } from './solr-admin.ts';
import { parseSolrOptions, type SolrStandbyOptions } from './solr-options.ts';

/**
 * Prepares Solr for full synchronisations of certain targets, as `beforeStart` of a runner. For the target `app`:
 * the alias `app-standby` must serve none of the collections of `app`; its documents are deleted and committed; the alias
 * `app-sync` is pointed at its collections, which is read back. The program gets
 * `--switch_solr_alias --target_env <env> --target <app>`, by which it makes the two change places at its end.
 *
 * A job fails where an alias is missing or both serve the same; where Solr does not answer it is all done again.
 *
 * @throws ConfigError for options that are wrong
 *
 * @example
 * kubernetesRunner({ kube, store, template, beforeStart: solrStandby({ url: (env) => `http://solr-${env}.example/solr` }) });
 */
export function solrStandby(options: SolrStandbyOptions): BeforeStart {
  const settings = parseSolrOptions(options);
  const { targets, deadline, retry, clock, random } = settings;
  const transport = openTransport({
    ...(settings.fetch !== undefined && { fetch: settings.fetch }),
    clock,
    logger: settings.logger,
  });
  const applies = ({ TARGET, ACTION }: StartParams) => ACTION === 'sync' && targets.includes(TARGET);
  return {
    applies,
    params: (params) => {
      if (!applies(params)) return params;
      const { OPTIONS, ENV, TARGET } = params;
      return {
        ...params,
        OPTIONS: `${OPTIONS} --switch_solr_alias --target_env ${ENV} --target ${TARGET}`,
      };
    },
    prepare: async (params, { signal }) => {
      if (!applies(params)) return;
      const url = settings.url(params.ENV);
      // Once more from the first step: what the last try saw may have changed meanwhile.
      const prepared = await withRetries({ retry, clock, random, deadline, signal }, async (cut) => {
        try {
          await prepare(new SolrAdmin(transport, url, settings.attemptTimeout, cut), params.TARGET);
          return { ok: true, value: undefined };
        } catch (error) {
          if (!(error instanceof SolrError)) throw error;
          return { ok: false, error, final: !error.retryable };
        }
      });
      if (!prepared.ok) throw prepared.error;
    },
  };
}

async function prepare(solr: SolrAdmin, app: string): Promise<void> {
  const standbyAlias = `${app}-standby`;
  const before = await solr.aliases();
  const standby = before.collections(standbyAlias);
  const shared = before.collections(app).filter((collection) => standby.includes(collection));
  if (shared.length > 0) {
    throw new SolrError(
      `the aliases ${app} and ${standbyAlias} both serve ${shared.join(', ')}, which must not be emptied; point one of them elsewhere`,
      { retryable: false },
    );
  }
  await solr.update(standbyAlias, '<delete><query>*:*</query></delete>');
  await solr.update(standbyAlias, '<commit/>');
  const syncAlias = `${app}-sync`;
  await solr.createAlias(syncAlias, standby);
  const after = (await solr.aliases()).collections(syncAlias);
  if (after.join() !== standby.join()) {
    throw new SolrError(
      `the alias ${syncAlias} serves ${after.join(', ')} once it was pointed at ${standby.join(', ')}`,
      { retryable: true },
    );
  }
}
