/**
 * A server that speaks the streams protocol from the definitions the client brings with it: Append, BatchAppend, Read
 * and the enquiry for what it supports. It is no EventStoreDB. What it takes from the documentation is how appends are
 * judged (stored-streams.ts); it knows no users, no cluster, no limits and keeps everything in memory.
 */

import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import service from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import {
  type handleClientStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Expected, type StoredEvent, StoredStreams } from './stored-streams.spec.ts';
import {
  appendResp,
  batchAppendResp,
  eventRead,
  expectedByAppend,
  expectedByBatch,
  indexesRead,
  notFound,
  storedEvent,
  streamName,
} from './streams-messages.spec.ts';

/** What becomes of one append: its answer is lost, it is lost itself, or the server falls silent over it. */
export type Fault = 'lose_answer' | 'lose_append' | 'hang' | 'end';

interface Batch {
  readonly identifier: StreamIdentifier;
  readonly expected: Expected;
  readonly events: StoredEvent[];
}

export class EventStorePeer {
  readonly streams = new StoredStreams();
  /** Of the appends to come, in their order; the ones after have none. */
  readonly faults: (Fault | undefined)[] = [];
  /** Appends as they came over the wire, by method. */
  readonly calls = { append: 0, batchAppend: 0, read: 0 };
  private server: Server | undefined;
  private port = 0;

  /** Without `batches` it is a server before 21.10, which knows neither BatchAppend nor the enquiry. */
  constructor(private readonly batches: boolean) {}

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false&keepAliveInterval=-1`;
  }

  /** Listens, after `stop` where it did before. */
  async start(): Promise<this> {
    const server = new Server();
    this.server = server;
    server.addService(service.StreamsService as unknown as ServiceDefinition, this.methods());
    if (this.batches) {
      server.addService(features.ServerFeaturesService as unknown as ServiceDefinition, {
        getSupportedMethods: (_call: unknown, answer: (error: null, value: unknown) => void) =>
          answer(null, supported()),
      });
    }
    this.port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    return this;
  }

  /** Drops every connection. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  private methods(): UntypedServiceImplementation {
    const append: handleClientStreamingCall<AppendReq, AppendResp> = (call, answer) => {
      this.calls.append++;
      let options: AppendReq.Options | undefined;
      const events: StoredEvent[] = [];
      call.on('data', (request: AppendReq) => {
        options ??= request.getOptions();
        const proposed = request.getProposedMessage();
        if (proposed) events.push(storedEvent(proposed));
      });
      call.on('end', () => {
        if (!options) return answer({ code: status.INVALID_ARGUMENT });
        const fault = this.faults.shift();
        const expected = expectedByAppend(options);
        if (fault === 'lose_append') return answer({ code: status.UNAVAILABLE, details: 'lost' });
        const appended = this.streams.append(streamName(options.getStreamIdentifier()), expected, events);
        if (fault === 'lose_answer' || fault === 'end') return answer({ code: status.UNAVAILABLE, details: 'lost' });
        if (fault !== 'hang') answer(null, appendResp(appended, expected));
      });
    };
    return {
      append,
      batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => this.batchAppend(call),
      read: (call: ServerWritableStream<ReadReq, ReadResp>) => this.read(call),
      delete: (_: unknown, answer: (error: object) => void) => answer({ code: status.UNIMPLEMENTED }),
      tombstone: (_: unknown, answer: (error: object) => void) => answer({ code: status.UNIMPLEMENTED }),
    };
  }

  private batchAppend(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    const open = new Map<string, Batch>();
    call.on('data', (request: BatchAppendReq) => {
      const id = request.getCorrelationId();
      if (!id) return;
      const batch = open.get(id.getString()) ?? begun(request);
      open.set(id.getString(), batch);
      for (const proposed of request.getProposedMessagesList()) batch.events.push(storedEvent(proposed));
      if (!request.getIsFinal()) return;
      open.delete(id.getString());
      this.answerBatch(call, id, batch);
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  }

  private answerBatch(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>, id: UUID, batch: Batch): void {
    this.calls.batchAppend++;
    const { identifier, expected, events } = batch;
    const fault = this.faults.shift();
    const lost = { code: status.UNAVAILABLE, details: 'lost' };
    if (fault === 'lose_append') return void call.emit('error', lost);
    const answer = this.streams.append(streamName(identifier), expected, events);
    if (fault === 'lose_answer') return void call.emit('error', lost);
    if (fault === 'end') return void call.end();
    if (fault !== 'hang') call.write(batchAppendResp(id, identifier, answer, expected));
  }

  private read(call: ServerWritableStream<ReadReq, ReadResp>): void {
    this.calls.read++;
    const options = call.request.getOptions();
    const identifier = options?.getStream()?.getStreamIdentifier();
    if (!options || !identifier) return void call.emit('error', { code: status.INVALID_ARGUMENT });
    const events = this.streams.events(streamName(identifier));
    if (!events) call.write(notFound(identifier));
    for (const index of indexesRead(options, events?.length ?? 0)) {
      const event = events?.[index];
      if (event) call.write(eventRead(identifier, event, index));
    }
    call.end();
  }
}

function begun(request: BatchAppendReq): Batch {
  const options = request.getOptions();
  const identifier = options?.getStreamIdentifier();
  if (!options || !identifier) throw new TypeError('a batch that begins without its options');
  return { identifier, expected: expectedByBatch(options), events: [] };
}

function supported() {
  const methods = new featureMessages.SupportedMethods();
  methods.setEventStoreServerVersion('0.0.0-peer');
  for (const name of ['append', 'batchappend', 'read']) {
    const method = new featureMessages.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName(name);
    methods.addMethods(method);
  }
  return methods;
}
