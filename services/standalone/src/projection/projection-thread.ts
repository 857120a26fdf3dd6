/**
 * The projector on a thread of its own: it reads the log from the files, folds into SQLite files that no other thread
 * opens, and answers what it is asked. Everything it knows it can fold again, so it may end at any moment.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { followLog, openFolds } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { openTracing } from '@penstock/adapter-telemetry';
import type { EventLog, Membership, Telemetry } from '@penstock/ports';
// Not the package's index: with it the thread would load Nest, which takes longer than all the rest of its start.
import { createProjector, type Projector } from '@penstock/projector/projector';
import type { ProjectionReply, ProjectionRequest, ProjectionSettings } from './projection-messages.ts';
import { FOLLOWED_TOPICS } from './routed-streams.ts';

/** How often the thread looks whether it has become ready, and later whether it still is. */
const LOOK_MS = { starting: 10, ready: 500 } as const;

class ProjectionThread {
  private reason: string | undefined = 'the projector starts';
  private looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly projector: Projector,
    private readonly members: readonly Membership[],
    private readonly close: () => Promise<void>,
  ) {
    port.on('message', (request: ProjectionRequest) => void this.heard(request));
    this.look();
  }

  private tell(reply: ProjectionReply): void {
    this.port.postMessage(reply);
  }

  private look(): void {
    const reason = this.projector.notReady();
    if (reason !== this.reason) {
      this.reason = reason;
      this.tell({ kind: 'readiness', reason });
    }
    this.looking = setTimeout(() => this.look(), reason === undefined ? LOOK_MS.ready : LOOK_MS.starting);
  }

  private async heard(request: ProjectionRequest): Promise<void> {
    if (request.kind === 'stop') {
      await this.stop();
      return;
    }
    const { id, path, args } = request;
    try {
      this.tell({ kind: 'answer', id, value: await called(this.projector, path, args) });
    } catch (error) {
      this.tell({ kind: 'refused', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async stop(): Promise<void> {
    clearTimeout(this.looking);
    for (const member of this.members) await member.leave();
    await this.projector.stop();
    await this.close();
    this.tell({ kind: 'stopped' });
    this.port.close();
  }
}

/** The method at the end of the path, called on what stands before it. */
async function called(projector: Projector, path: string, args: readonly unknown[]): Promise<unknown> {
  let owner: unknown;
  let target: unknown = projector;
  for (const name of path.split('.')) {
    owner = target;
    target = (target as Readonly<Record<string, unknown>> | undefined)?.[name];
  }
  if (typeof target !== 'function') throw new Error(`the projector has no ${path}`);
  return (await target.apply(owner, args)) as unknown;
}

async function joined(log: EventLog, projector: Projector): Promise<readonly Membership[]> {
  const members: Membership[] = [];
  for (const consumer of projector.consumers) {
    if (consumer.topic === 'mail.events') members.push(await log.join(consumer));
    else if (consumer.topic === 'mail.control') members.push(await log.join(consumer));
    else throw new Error(`the projector's thread does not follow ${consumer.topic}`);
  }
  return members;
}

async function run(port: MessagePort): Promise<void> {
  const { dataDir, follower, tracing: traced } = workerData as ProjectionSettings;
  const telemetry: Telemetry = {
    log: (level, event, fields) => port.postMessage({ kind: 'log', level, event, fields } satisfies ProjectionReply),
  };
  const log = followLog(follower, FOLLOWED_TOPICS, (error) => {
    // Nothing more would be folded; a new thread reads on from what is stored.
    throw error;
  });
  const { archive, readModels, close } = openFolds({ dataDir, telemetry });
  const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
  const tracing = openTracing({ ...traced, telemetry });
  const projector = createProjector({ ...world, log, archive, readModels, tracing });
  await projector.start();
  const members = await joined(log, projector);
  const end = async () => {
    await log.close();
    close();
    await tracing.close();
  };
  new ProjectionThread(port, projector, members, end);
  port.postMessage({ kind: 'started' } satisfies ProjectionReply);
}

if (parentPort) await run(parentPort);
