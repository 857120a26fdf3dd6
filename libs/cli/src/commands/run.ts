import type { Command } from 'commander';
import { type Console, UserError } from '../console.ts';

const SERVICES = ['ingest', 'scheduler', 'dispatcher', 'projector'];

export function addRun(root: Command, console: Console): void {
  root
    .command('run')
    .description('run one service as this process, over Kafka; all of them in one process: npm start')
    .usage('<service> [--config FILE] [--help]')
    .argument('<service>', SERVICES.join(', '))
    .argument('[options...]', '--config FILE with settings; --help lists them')
    // They are the service's own.
    .allowUnknownOption()
    .helpOption(false)
    .action((service: string, options: readonly string[]) => run(service, options, console));
}

async function run(service: string, options: readonly string[], console: Console): Promise<void> {
  if (service === '--help' || service === '-h') {
    return console.print(
      `Usage: penstock run <service> [--config FILE]\n\nServices: ${SERVICES.join(', ')}. What each reads: penstock run <service> --help`,
    );
  }
  if (!SERVICES.includes(service)) throw new UserError(`${service} is no service: there are ${SERVICES.join(', ')}`);
  if (!console.runService) throw new UserError('no service can run here');
  await console.runService(service, options);
}
