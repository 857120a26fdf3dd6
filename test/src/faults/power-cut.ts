/** Cuts the power of platforms under load, and looks for what was acknowledged. */
import { programOptions } from '../fixtures/program-options.ts';
import { powerCuts } from './powered-platform.ts';

const { 'at-once': atOnce, ...others } = programOptions({
  usage: 'node test/dist/faults/power-cut.js [--cuts 200] [--seed 1] [--folders 8] [--at-once 2]',
  numbers: { cuts: 200, seed: 1, folders: 8, 'at-once': 2 },
});
const options = { ...others, atOnce };
const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(0);
try {
  const report = await powerCuts({
    ...options,
    progress: (cuts) => {
      if (cuts % 10 === 0) console.log(`${cuts} of ${options.cuts} cuts in ${seconds()} s`);
    },
  });
  console.log({ ...report, lost: 0, seconds: Number(seconds()) });
  console.log('1 passed, 0 failed, 0 skipped');
} catch (error) {
  console.error(error);
  console.error(`repeat it: node test/dist/faults/power-cut.js ${process.argv.slice(2).join(' ')}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
