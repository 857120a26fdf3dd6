import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`${text}\n`),
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
});
