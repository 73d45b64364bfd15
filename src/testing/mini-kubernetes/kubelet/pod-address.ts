import type { Random } from '../../../core/clock.ts';

/**
 * Gives out addresses for pods, each time another one. All of 127.0.0.0/8 belongs to the machine itself on Linux, so
 * that every pod can listen on the same port there; elsewhere only 127.0.0.1 is sure to, and all pods share it.
 *
 * They begin at a place drawn by `random`, so that several servers on one machine rarely meet, and stay clear of
 * 127.0.0.0/16, where other programs listen. Past the last one they begin anew.
 */
export function podAddresses(platform: NodeJS.Platform, random: Random): () => string {
  if (platform !== 'linux') return () => '127.0.0.1';
  let next = Math.floor(random() * NETWORKS) * HOSTS_PER_NETWORK;
  return () => {
    const network = Math.floor(next / HOSTS_PER_NETWORK);
    const host = next % HOSTS_PER_NETWORK;
    next = (next + 1) % (NETWORKS * HOSTS_PER_NETWORK);
    return `127.${1 + Math.floor(network / 256)}.${network % 256}.${1 + host}`;
  };
}

/** 127.1.0.0/24 to 127.254.255.0/24. */
const NETWORKS = 254 * 256;
/** Without .0 and .255. */
const HOSTS_PER_NETWORK = 254;
