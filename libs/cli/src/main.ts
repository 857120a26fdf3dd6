import { runCommand } from './command.ts';
import { UserError } from './console.ts';
import { openStoppedPlatform } from './stopped-platform.ts';

// Whoever read what is printed has enough, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** Ends what asked for it in order; a second signal ends the process. */
function untilInterrupted(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  return interruption.signal;
}

let interrupted: AbortSignal | undefined;

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`${text}\n`),
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
  write: async (text) => {
    if (!process.stdout.write(text)) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  },
  openFolder: openStoppedPlatform,
  runService: async (service, args) => {
    const { run } = (await import(`@penstock/${service}/main`)) as { run(args: readonly string[]): Promise<void> };
    await run(args);
  },
  sendSpans: async (endpoint, spans) => {
    // Loaded when it is wanted: it takes longer than the rest of a command.
    const { sendSpans } = await import('@penstock/adapter-telemetry');
    await sendSpans(endpoint, spans);
  },
  mailHosts: async (domain) => {
    const { SystemResolver } = await import('@penstock/adapter-dns');
    const answer = await new SystemResolver().resolveMx(domain);
    if (answer.kind === 'failure')
      throw new UserError(`DNS does not say where mail to ${domain} goes: ${answer.detail}`);
    return answer.kind === 'mx' ? answer.hosts : [];
  },
  ...(process.stderr.isTTY && {
    progress: (text: string | undefined) => process.stderr.write(`\r\u001b[K${text ?? ''}`),
  }),
  // A command that does not ask for it ends with the first signal, as ever.
  get interrupted() {
    interrupted ??= untilInterrupted();
    return interrupted;
  },
});
