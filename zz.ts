Error.stackTraceLimit = 0;
import { runSwarm } from './src/testing/simulation/swarm.ts';
import { warmUp } from './src/testing/simulation/warm-up.ts';
await warmUp();
const from = Number(process.argv[2]), n = Number(process.argv[3]);
const t = performance.now(); let ops = new Map<string, number>(), req = 0, bad = 0; const faults = new Map<string, number>();
for (let s = from; s < from + n; s++) {
  const w = await runSwarm(s);
  for (const [k, v] of w.tally.operations()) ops.set(k, (ops.get(k) ?? 0) + v);
  for (const [k, v] of w.tally.faults()) faults.set(k, (faults.get(k) ?? 0) + v);
  req += w.tally.requests;
  const vio = w.ledger.violations.filter(v=>!v.includes('still open')); if (vio.length) { bad++; if (bad <= 3) { if (bad===1||n===1) console.log(w.trace.lines().join('\n')); console.log(s, vio); } }
}
const ms = performance.now() - t;
console.log({ bad, ms, perSeed: ms / n, req, usPerReq: ms * 1000 / req, ops, faults });
