/**
 * Asks one broker what it knows, in Kafka's own protocol: ApiVersions v0, then Metadata v4 for no topic. A broker
 * lists itself only once the controller has let it in, so that a listed broker serves.
 */
import { connect } from 'node:net';
import { LOOPBACK } from '../processes/ports.ts';

const API_VERSIONS = 18;
const METADATA = 3;
const METADATA_VERSION = 4;
const CLIENT_ID = 'penstock-stack';
/** Nothing that small a question is answered with is longer. */
const MAX_RESPONSE_BYTES = 1 << 20;

export interface BrokerMetadata {
  readonly clusterId: string | undefined;
  readonly nodeIds: readonly number[];
}

/** Request header v1: key, version, correlation id, client id; the length goes in front. */
export function encodeRequest(key: number, version: number, correlationId: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(14);
  header.writeInt32BE(10 + CLIENT_ID.length + body.length, 0);
  header.writeInt16BE(key, 4);
  header.writeInt16BE(version, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(CLIENT_ID.length, 12);
  return Buffer.concat([header, Buffer.from(CLIENT_ID, 'latin1'), body]);
}

/** Error code of an ApiVersions v0 response. */
export function decodeApiVersions(response: Buffer): number {
  return response.readInt16BE(4);
}

/** Metadata v4 after the length: correlation id, throttle time, brokers, cluster id; what follows is not read. */
export function decodeMetadata(response: Buffer): BrokerMetadata {
  let at = 8;
  const int32 = () => {
    at += 4;
    return response.readInt32BE(at - 4);
  };
  const string = () => {
    const length = response.readInt16BE(at);
    at += 2 + Math.max(0, length);
    return length < 0 ? undefined : response.toString('utf8', at - length, at);
  };
  const count = int32();
  const nodeIds: number[] = [];
  for (let index = 0; index < count; index += 1) {
    nodeIds.push(int32());
    string(); // host
    int32(); // port
    string(); // rack
  }
  return { clusterId: string(), nodeIds };
}

/** Throws when the broker does not answer within the time. */
export function askBroker(port: number, withinMs: number): Promise<BrokerMetadata> {
  // An empty list of topics asks for none; the byte after it forbids making topics.
  const metadata = encodeRequest(METADATA, METADATA_VERSION, 2, Buffer.from([0, 0, 0, 0, 0]));
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: LOOPBACK });
    let received = Buffer.alloc(0);
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(withinMs, () => fail(new Error(`no answer within ${withinMs} ms`)));
    socket.on('error', fail);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.on('connect', () => socket.write(encodeRequest(API_VERSIONS, 0, 1, Buffer.alloc(0))));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 4 ? 0 : received.readInt32BE(0);
      if (length > MAX_RESPONSE_BYTES) return fail(new Error('the answer is not that of a Kafka broker'));
      if (length === 0 || received.length < 4 + length) return;
      const response = received.subarray(4, 4 + length);
      received = received.subarray(4 + length);
      if (response.readInt32BE(0) === 2) {
        resolve(decodeMetadata(response));
        socket.destroy();
      } else if (decodeApiVersions(response) === 0) socket.write(metadata);
      else fail(new Error(`ApiVersions answered with error ${decodeApiVersions(response)}`));
    });
  });
}
