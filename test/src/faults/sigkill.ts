/** Kills the platform under load, and reckons every recipient. */
import { programOptions } from '../fixtures/program-options.ts';
import { sigkill } from './killed-platform.ts';

const options = programOptions({
  usage: 'node test/dist/faults/sigkill.js [--messages 20000] [--kills 10] [--seed 1]',
  numbers: { messages: 20_000, kills: 10, seed: 1 },
});
try {
  console.log(await sigkill(options));
  console.log('1 passed, 0 failed, 0 skipped');
} catch (error) {
  console.error(error);
  console.error(`repeat it: node test/dist/faults/sigkill.js ${process.argv.slice(2).join(' ')}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
