import type { Child } from './child.js';

const ON_SIGNAL = `
  import v8 from 'node:v8';
  import vm from 'node:vm';
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  process.on('SIGUSR2', () => collect());
`;

/** Settings of a process whose garbage a test can have collected: by itself it may leave it for minutes. */
export const collectable = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ON_SIGNAL)}`,
};

/** Has a process that was started as `collectable` collect its garbage, soon. */
export function collectGarbage({ process }: Child): void {
  process.kill('SIGUSR2');
}
