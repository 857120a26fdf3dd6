/**
 * Kafka brokers for tests, in this process and on loopback sockets: they speak the few requests a producer and a
 * simple consumer need, keep partitions in memory, and misbehave as a script says. Kinder than Kafka in this: there
 * is no replication, no compression, a group has one member, and topics are made by the test alone.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type ClusterView, readRequest } from './answers.ts';
import type { ScriptedGroup } from './group-answers.ts';
import { valuesOf } from './record-batch.ts';
import { APIS, type Api, type Fate, type Script, type SeenRequest } from './script.ts';
import { ScriptedPartition } from './scripted-partition.ts';
import { WireReader } from './wire.ts';

const API_NAMES = new Map(Object.entries(APIS).map(([name, key]) => [key as number, name as Api]));

interface Broker {
  readonly node: number;
  readonly port: number;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

export class ScriptedCluster implements ClusterView {
  /** Every request in the order it came. */
  readonly seen: SeenRequest[] = [];
  readonly topics = new Map<string, ScriptedPartition[]>();
  readonly groups = new Map<string, ScriptedGroup>();
  /** Asked for each request; undefined answers as a healthy broker does. */
  script: Script = () => undefined;
  private readonly running: Broker[] = [];
  private producers = 0;

  /** Brokers with node ids 1 to `count`. */
  static async start(count: number): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster();
    for (let node = 1; node <= count; node++) cluster.running.push(await cluster.listen(node));
    return cluster;
  }

  get brokers(): readonly { readonly node: number; readonly port: number }[] {
    return this.running;
  }

  get addresses(): string[] {
    return this.running.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** A topic with one partition for each leader named. */
  makeTopic(name: string, leaders: readonly number[]): void {
    this.topics.set(
      name,
      leaders.map((leader) => new ScriptedPartition(leader)),
    );
  }

  partition(topic: string, partition: number): ScriptedPartition {
    const found = this.topics.get(topic)?.[partition];
    if (found === undefined) throw new Error(`there is no ${topic}/${partition}`);
    return found;
  }

  nextProducerId(): number {
    this.producers++;
    return 1000 + this.producers;
  }

  /** Resolves when the partition holds `count` records and clients of this process have read the answer to them. */
  async acknowledged(topic: string, partition: number, count: number): Promise<void> {
    await this.partition(topic, partition).holds(count);
    await eventLoopTurns();
  }

  /** Ends every connection to the broker; it goes on listening. */
  dropConnections(node: number): void {
    for (const socket of this.running.find((broker) => broker.node === node)?.sockets ?? []) socket.destroy();
  }

  /** The broker listens no more; metadata go on naming it. */
  async kill(node: number): Promise<void> {
    const server = this.running.find((broker) => broker.node === node)?.server;
    const closed = new Promise((resolve) => server?.close(resolve));
    this.dropConnections(node);
    await closed;
  }

  /** Metadata name the broker no more. */
  forget(node: number): void {
    this.running.splice(0, Infinity, ...this.running.filter((broker) => broker.node !== node));
  }

  async close(): Promise<void> {
    for (const { node, server } of this.running) {
      if (server.listening) await this.kill(node);
    }
  }

  private async listen(node: number): Promise<Broker> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      this.serve(socket, node);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { node, port: address.port, server, sockets };
  }

  /** Requests of one connection are served one after the other, as a broker does. */
  private serve(socket: Socket, node: number): void {
    let received: Buffer = Buffer.alloc(0);
    let previous: Promise<void> = Promise.resolve();
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const frame = received.subarray(4, 4 + received.readInt32BE(0));
        received = received.subarray(4 + frame.length);
        previous = previous
          .then(() => this.handle(socket, node, frame))
          .catch((error) => {
            socket.destroy(error);
          });
      }
    });
  }

  private async handle(socket: Socket, node: number, frame: Buffer): Promise<void> {
    const reader = new WireReader(frame);
    const api = API_NAMES.get(reader.int16());
    reader.int16();
    const correlationId = reader.int32();
    reader.string();
    if (api === undefined) throw new Error('a request the scripted broker does not speak');
    const request = readRequest(api, node, reader, this);
    const values = Object.entries(request.values ?? {}).map(([key, batch]) => [key, valuesOf(batch)] as const);
    const fate = this.fateOf({ api, node, partitions: request.partitions, values: Object.fromEntries(values) });
    const answer = await request.answer((key) => fate.partitions?.[key] ?? {});
    fate.onceDone?.();
    await fate.answerAfter;
    if (fate.answer === 'dropped') socket.destroy();
    else if (fate.answer === undefined && !socket.destroyed) socket.write(framed(correlationId, answer));
  }

  private fateOf(request: Omit<SeenRequest, 'number'>): Fate {
    const number = 1 + this.seen.filter(({ api }) => api === request.api).length;
    const seen = { ...request, number };
    this.seen.push(seen);
    return this.script(seen) ?? {};
  }
}

/** Sockets are polled once a turn of the event loop: what was written has been read and acted on after a few. */
export async function eventLoopTurns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function framed(correlationId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length, 0);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, body]);
}
