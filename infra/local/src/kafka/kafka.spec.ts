import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackPorts } from '../processes/ports.ts';
import { decodeApiVersions, decodeMetadata, encodeRequest } from './broker-metadata.ts';
import { KAFKA_LINES, KAFKA_RELEASES, kafkaPom } from './releases.ts';
import { serverProperties } from './server-properties.ts';

const node = (brokers: number, extra: Readonly<Record<string, string>> = {}) =>
  serverProperties({ nodeId: 1, brokers, ports: stackPorts(19_000), dataFolder: '/data/kafka-1/data', extra });

test('three brokers vote together and acknowledge what two of them have', () => {
  const text = node(3);
  assert.match(text, /^controller\.quorum\.voters=1@127\.0\.0\.1:19011,2@127\.0\.0\.1:19012,3@127\.0\.0\.1:19013$/m);
  assert.match(text, /^min\.insync\.replicas=2$/m);
  assert.match(text, /^offsets\.topic\.replication\.factor=3$/m);
});

test('one broker acknowledges alone', () => {
  assert.match(node(1), /^min\.insync\.replicas=1$/m);
});

test('every listener is on loopback', () => {
  const hosts = [...node(3).matchAll(/(?:\/\/|@)([^:]+):\d+/g)].map(([, host]) => host);
  assert.ok(hosts.length >= 6);
  assert.deepEqual([...new Set(hosts)], ['127.0.0.1']);
});

test('properties that are asked for win', () => {
  const text = node(3, { 'min.insync.replicas': '3', 'log.flush.interval.messages': '1' });
  assert.deepEqual(text.match(/^min\.insync\.replicas=.*$/gm), ['min.insync.replicas=3']);
  assert.match(text, /^log\.flush\.interval\.messages=1$/m);
});

test('the jars of a line are those of one exact release', () => {
  for (const line of KAFKA_LINES) {
    assert.match(KAFKA_RELEASES[line], new RegExp(`^${line.replace('.', '\\.')}\\.\\d+$`));
    assert.ok(kafkaPom(line).includes(`<version>${KAFKA_RELEASES[line]}</version>`));
  }
});

test('a request carries its length, key, version, number and client', () => {
  const request = encodeRequest(18, 0, 7, Buffer.from([1, 2]));
  assert.equal(request.readInt32BE(0), request.length - 4);
  assert.deepEqual([request.readInt16BE(4), request.readInt16BE(6), request.readInt32BE(8)], [18, 0, 7]);
  assert.equal(request.toString('latin1', 14, request.length - 2), 'penstock-stack');
});

test('the brokers and the cluster are read from an answer', () => {
  const string = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
  const int32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
  const none = Buffer.from([0xff, 0xff]);
  const broker = (id: number, rack: Buffer) => [int32(id), string('127.0.0.1'), int32(19_000 + id), rack];
  const brokers = [...broker(1, none), ...broker(2, string('rack-b'))];
  const answer = Buffer.concat([int32(2), int32(0), int32(2), ...brokers, string('abc'), int32(1), int32(0)]);
  assert.deepEqual(decodeMetadata(answer), { clusterId: 'abc', nodeIds: [1, 2] });
  assert.equal(decodeApiVersions(Buffer.from([0, 0, 0, 1, 0, 35])), 35);
});
