import { stackCommand } from './command.ts';

try {
  await stackCommand((text) => process.stdout.write(`${text}\n`)).parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
