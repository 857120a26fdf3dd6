import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { LogStrategy } from '@penstock/nest';
import type { EventLog, PenstockService } from '@penstock/ports';
import { UndoStack } from '../startup/undo-stack.ts';
import { startService } from './application.ts';

/** In which order a service with one consumer ends. */
async function ending(followsToTheEnd: boolean): Promise<readonly string[]> {
  const said: string[] = [];
  const log: Pick<EventLog, 'join'> = {
    join: async () => ({ leave: async () => void said.push('left') }),
  };
  const handler = {
    assigned: async () => 0,
    batch: async () => {},
    revoked: async () => {},
    failed: () => {},
  };
  const service: PenstockService = {
    consumers: [{ group: 'g', topic: 'mail.control', handler }],
    start: async () => {},
    stop: async () => void said.push('stopped'),
    notReady: () => undefined,
  };
  const app = {
    connectMicroservice: ({ strategy }: { readonly strategy: LogStrategy }) => ({
      listen: () =>
        new Promise<void>((resolve, reject) => strategy.listen((error) => (error ? reject(error) : resolve()))),
    }),
  };
  const undo = new UndoStack();
  const started = { service, transportId: Symbol('spec'), followsToTheEnd };
  await startService(app as Partial<NestFastifyApplication> as NestFastifyApplication, log as EventLog, started, undo);
  await undo.run();
  return said;
}

describe('the end of a service', () => {
  it('comes when its consumers have left', async () => {
    assert.deepEqual(await ending(false), ['left', 'stopped']);
  });

  it('comes before its consumers leave where it follows to the end', async () => {
    assert.deepEqual(await ending(true), ['stopped', 'left']);
  });
});
