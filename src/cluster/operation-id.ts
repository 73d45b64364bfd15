import type { Clock, Random } from '../core/clock.ts';
import type { OperationId } from './dialect.ts';

/**
 * Makes operation ids: wall-clock milliseconds and three random digits, written in seconds as the header dialect's
 * timestamp is. Each is greater than the one before, so that they are unique in one client even when the clock jumps
 * back, and above zero, for a zero timestamp makes a DELETE unconditional.
 */
export function operationIds(clock: Clock, random: Random): () => OperationId {
  let last = 0;
  return () => {
    const drawn = Math.floor(clock.now()) * 1000 + Math.floor(random() * 1000);
    last = Math.max(drawn, last + 1);
    return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`;
  };
}

/** Whether it can stand as a timestamp: decimal seconds above zero. */
export const isTimestamp = (operationId: string | undefined): operationId is OperationId =>
  operationId !== undefined && /^\d+(\.\d+)?$/.test(operationId) && Number(operationId) > 0;
