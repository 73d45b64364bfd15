import type * as v from 'valibot';
import type { HoldfastError } from '../core/errors.ts';
import { type Attempted, withRetries } from '../core/retry.ts';
import type { CallSettings } from './call-options.ts';
import type { ApiRequest, Exchange } from './exchange.ts';
import type { SyncratorSettings } from './options.ts';

/**
 * What is known of a write whose answer did not come: it is `done`, it does no harm to send it `again`, or it is
 * `unclear` and nothing may be sent now; `final` where nothing will ever tell.
 */
export type Finding<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'again' }
  | { readonly kind: 'unclear'; readonly final: boolean };

/**
 * Sends a write. One whose outcome is unknown is sent again only after `look` found that it does no harm; else the
 * error of that attempt is thrown.
 *
 * @throws the signal's reason where nothing can have been carried out
 */
export async function write<Schema extends v.GenericSchema>(
  exchange: Exchange,
  settings: SyncratorSettings,
  request: ApiRequest<Schema>,
  call: CallSettings,
  look: (signal: AbortSignal) => Promise<Finding<v.InferOutput<Schema>>>,
): Promise<v.InferOutput<Schema>> {
  type Value = v.InferOutput<Schema>;
  let doubt: HoldfastError | undefined;
  const work = async (signal: AbortSignal): Promise<Attempted<Value>> => {
    if (doubt !== undefined) {
      const found = await look(signal);
      if (found.kind === 'done') return { ok: true, value: found.value };
      if (found.kind === 'unclear') return { ok: false, error: doubt, final: found.final };
    }
    const outcome = await exchange.attempt(request, call.attemptTimeout, signal);
    if (!outcome.ok && outcome.unknown === true) doubt = outcome.error;
    return outcome;
  };
  try {
    const rules = { ...settings, deadline: call.deadline, signal: call.signal };
    const written = await withRetries(rules, work);
    if (written.ok) return written.value;
    throw doubt ?? written.error;
  } catch (error) {
    // An abort must not hide that something may have been started.
    throw doubt ?? error;
  }
}
