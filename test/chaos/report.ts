import type { RoundResult } from './round.js';

/** Violations printed of one round; the JSON has them all. */
const SHOWN = 15;

/** One line a round, and one for each violation. */
export function describeRound(result: RoundResult, rounds: number): string {
  const { round, faults, notes, kills, requests, replies, settledAfter, violations } = result;
  const asked = `${requests.ok} ok, ${requests.refused} refused, ${requests.unknown} unknown`;
  const head = `${String(round).padStart(3)}/${rounds} ${violations.length > 0 ? 'VIOLATED' : 'holds'}`;
  const what = `${faults.join(' + ')}: ${notes.join('; ')}`;
  const line = `${head} | ${asked} | ${replies} replies final ${(settledAfter / 1000).toFixed(1)} s after the repair | ${kills} kills | ${what}`;
  const shown = violations.slice(0, SHOWN).map((violation) => `      ! ${violation}`);
  const more = violations.length > SHOWN ? [`      ! and ${violations.length - SHOWN} more`] : [];
  return [line, ...shown, ...more].join('\n');
}

export interface Summary {
  rounds: number;
  kills: number;
  replies: number;
  requests: RoundResult['requests'];
  violations: number;
  violatedRounds: number[];
  settledAfterMs: { median: number; p95: number; worst: number };
  faults: Record<string, { rounds: number; violated: number }>;
}

export function summarize(results: RoundResult[]): Summary {
  const sum = (of: (result: RoundResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const times = results.map(({ settledAfter }) => settledAfter).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const faults: Summary['faults'] = {};
  for (const { faults: names, violations } of results) {
    for (const name of names) {
      const count = (faults[name] ??= { rounds: 0, violated: 0 });
      count.rounds += 1;
      count.violated += Math.min(1, violations.length);
    }
  }
  return {
    rounds: results.length,
    kills: sum(({ kills }) => kills),
    replies: sum(({ replies }) => replies),
    requests: {
      ok: sum(({ requests }) => requests.ok),
      refused: sum(({ requests }) => requests.refused),
      unknown: sum(({ requests }) => requests.unknown),
    },
    violations: sum(({ violations }) => violations.length),
    violatedRounds: results.filter(({ violations }) => violations.length > 0).map(({ round }) => round),
    settledAfterMs: { median: at(0.5), p95: at(0.95), worst: times.at(-1) ?? 0 },
    faults,
  };
}

export function table({ faults, ...summary }: Summary): string {
  const { rounds, kills, replies, requests, violations, settledAfterMs } = summary;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const rows: [string, string][] = [
    ['rounds', String(rounds)],
    ['kills (SIGKILL)', String(kills)],
    ['requests', `${requests.ok} ok, ${requests.refused} refused, ${requests.unknown} unknown`],
    ['replies', String(replies)],
    [
      'all final after the repair',
      `median ${seconds(settledAfterMs.median)}, p95 ${seconds(settledAfterMs.p95)}, worst ${seconds(settledAfterMs.worst)}`,
    ],
    ['violations', String(violations)],
    ...Object.entries(faults).map(([name, { rounds: n, violated }]): [string, string] => [
      `  ${name}`,
      `${n} rounds, ${violated} violated`,
    ]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(28)} ${value}`).join('\n');
}
