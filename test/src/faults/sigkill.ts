/** node test/dist/faults/sigkill.js [--messages 20000] [--kills 10] [--seed 1] */
import { parseArgs } from 'node:util';
import { sigkill } from './killed-platform.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});

const options = { messages: Number(values.messages), kills: Number(values.kills), seed: Number(values.seed) };
try {
  console.log(await sigkill(options));
  console.log('1 passed, 0 failed, 0 skipped');
} catch (error) {
  console.error(error);
  console.error(`repeat it: node test/dist/faults/sigkill.js ${process.argv.slice(2).join(' ')}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
