/** node test/dist/faults/apart/check-history.js FOLDER: judges a run again from what it wrote down, and its report anew. */
import { checkHistory, PROBLEM_KINDS } from './checking/index.ts';
import { readRunFolder, renderReport, writeReport } from './report/index.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node test/dist/faults/apart/check-history.js FOLDER');
  process.exitCode = 2;
} else {
  process.exitCode = await checkFolder(folder);
}

async function checkFolder(of: string): Promise<number> {
  const { history, options, meta } = await readRunFolder(of);
  const verdict = checkHistory(history, options);
  writeReport(of, renderReport(history, verdict, meta));
  for (const kind of PROBLEM_KINDS) {
    const { count, examples } = verdict.problems[kind];
    console.log(`${kind}: ${count}`);
    for (const text of examples) console.log(`  ${text}`);
  }
  for (const text of meta.trouble) console.log(`besides the history: ${text}`);
  const isWell = verdict.holds && meta.trouble.length === 0;
  console.log(isWell ? 'The run holds.' : `The run does NOT hold. Again: ${meta.command}`);
  return isWell ? 0 : 1;
}
