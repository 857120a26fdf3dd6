/** The broker that leads most partitions is killed under load, of three. */
import { programOptions } from '../fixtures/program-options.ts';
import { appendUnderKills } from './leaders/appends.ts';
import { type BrokerKill, killLeaders } from './leaders/killed-leaders.ts';

const USAGE = `The broker that leads most partitions is killed under load, of three:

node test/dist/faults/leader-killed.js [--messages 20000] [--kills 2]               the four services
node test/dist/faults/leader-killed.js --guard-a off [--runs 20] [--records 3000]   appends alone, unguarded
node test/dist/faults/leader-killed.js --guard-a on [--runs 20] [--records 3000]    appends alone, as services append`;

const {
  messages,
  kills,
  runs: count,
  records,
  'guard-a': guardA,
} = programOptions({
  usage: USAGE,
  numbers: { messages: 20_000, kills: 2, runs: 20, records: 3_000 },
  words: { 'guard-a': ['on', 'off'] },
});

async function services(): Promise<boolean> {
  const told = (kill: BrokerKill) => console.log(JSON.stringify(kill));
  console.log(await killLeaders({ messages, kills, told }));
  return true;
}

async function appends(guardLeaders: boolean): Promise<boolean> {
  const options = { runs: count, records, guardLeaders };
  const runs = await appendUnderKills(options, (run) => console.log(JSON.stringify(run)));
  const lossy = runs.filter(({ missing }) => missing > 0).length;
  console.log(`guard A ${guardLeaders ? 'on' : 'off'}: ${lossy} of ${runs.length} runs lost acknowledged records`);
  // Without the guard a loss is what is looked for, and its absence no failure.
  return lossy === 0 || !guardLeaders;
}

try {
  const passed = await (guardA === undefined ? services() : appends(guardA === 'on'));
  console.log(passed ? '1 passed, 0 failed, 0 skipped' : '0 passed, 1 failed, 0 skipped');
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(error);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
