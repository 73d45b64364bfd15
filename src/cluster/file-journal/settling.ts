/**
 * Milliseconds of wall-clock time that are left of a recorded wait. Where the clock was set back since, no more than were
 * left when it was recorded.
 */
export function remainingUntil(row: Readonly<Record<string, unknown>>, now: number): number {
  const [until, since] = [Number(row['until']), Number(row['since'])];
  return Math.max(0, Math.min(until - now, until - since));
}
