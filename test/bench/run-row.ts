import type { BenchRow } from './bench-row.ts';
import { say } from './child.ts';

const [file = ''] = process.argv.slice(2);
const { row }: { row: BenchRow } = await import(file);
say(await row.measure());
process.disconnect();
