/**
 * node test/dist/faults/leader-killed.js [--messages 20000] [--kills 2]
 *
 * The four services over three brokers, whose leaders are killed under load.
 */
import { parseArgs } from 'node:util';
import { killLeaders } from './leaders/killed-leaders.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '2' },
  },
});

try {
  console.log(await killLeaders({ messages: Number(values.messages), kills: Number(values.kills) }));
  console.log('1 passed, 0 failed, 0 skipped');
} catch (error) {
  console.error(error);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
