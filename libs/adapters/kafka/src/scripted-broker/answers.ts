import { ERRORS } from './errors.ts';
import { groupRequest, isGroupApi, type ScriptedGroup } from './group-answers.ts';
import { fetch, listOffsets, produce } from './log-answers.ts';
import type { RecordBatch } from './record-batch.ts';
import { APIS, type Api, type PartitionFate } from './script.ts';
import type { ScriptedPartition } from './scripted-partition.ts';
import { type WireReader, WireWriter } from './wire.ts';

/** The one version of each request the brokers speak: kafkajs takes the highest that both know. */
const VERSIONS: Readonly<Record<Api, number>> = {
  produce: 7,
  fetch: 4,
  listOffsets: 2,
  metadata: 5,
  offsetCommit: 2,
  offsetFetch: 1,
  findCoordinator: 1,
  joinGroup: 1,
  heartbeat: 0,
  leaveGroup: 0,
  syncGroup: 0,
  apiVersions: 0,
  createTopics: 0,
  initProducerId: 0,
  describeConfigs: 0,
};

/** What the answers are made from. */
export interface ClusterView {
  readonly brokers: readonly { readonly node: number; readonly port: number }[];
  readonly topics: ReadonlyMap<string, readonly ScriptedPartition[]>;
  readonly groups: Map<string, ScriptedGroup>;
  nextProducerId(): number;
}

/** A request that was read: what it names, and how it is answered under a fate. */
export interface ReadRequest {
  readonly partitions: readonly string[];
  readonly values?: Readonly<Record<string, RecordBatch>>;
  answer(fate: FateOf): Buffer | Promise<Buffer>;
}

export type FateOf = (key: string) => PartitionFate;

export function readRequest(api: Api, node: number, reader: WireReader, cluster: ClusterView): ReadRequest {
  if (isGroupApi(api)) return groupRequest(api, reader, cluster.groups);
  switch (api) {
    case 'apiVersions':
      return { partitions: [], answer: apiVersions };
    case 'metadata':
      return metadata(
        reader.nullableArray((item) => item.string() ?? ''),
        cluster,
      );
    case 'produce':
      return produce(reader, node, cluster);
    case 'fetch':
      return fetch(reader, node, cluster);
    case 'listOffsets':
      return listOffsets(reader, node, cluster);
    case 'findCoordinator':
      return { partitions: [], answer: () => coordinator(cluster) };
    case 'createTopics':
      return createTopics(reader);
    case 'describeConfigs':
      return describeConfigs(reader);
    case 'initProducerId':
      return {
        partitions: [],
        answer: () => new WireWriter().int32(0).int16(0).int64(cluster.nextProducerId()).int16(0).finish(),
      };
  }
}

function apiVersions(): Buffer {
  const spoken = Object.entries(VERSIONS) as [Api, number][];
  return new WireWriter()
    .int16(0)
    .array(spoken, (writer, [api, version]) => writer.int16(APIS[api]).int16(version).int16(version))
    .finish();
}

function metadata(asked: readonly string[] | null, { brokers, topics }: ClusterView): ReadRequest {
  const names = asked ?? [...topics.keys()];
  const answer = () =>
    new WireWriter()
      .int32(0)
      .array(brokers, (writer, { node, port }) => writer.int32(node).string('127.0.0.1').int32(port).string(null))
      .string('scripted')
      .int32(brokers[0]?.node ?? -1)
      .array(names, (writer, name) => {
        const partitions = topics.get(name);
        const entries = [...(partitions ?? []).entries()];
        writer
          .int16(partitions ? 0 : ERRORS.unknownTopicOrPartition)
          .string(name)
          .int8(0);
        writer.array(entries, (each, [index, { leader }]) => {
          each
            .int16(leader < 0 ? ERRORS.leaderNotAvailable : 0)
            .int32(index)
            .int32(leader);
          each.array([leader], putNode).array([leader], putNode).array([], putNode);
        });
      })
      .finish();
  return { partitions: [], answer };
}

/** Agreed to; the topic is there when the test makes it. */
function createTopics(reader: WireReader): ReadRequest {
  const names = reader.array((each) => {
    const name = each.string();
    each.int32();
    each.int16();
    each.array((replicas) => {
      replicas.int32();
      replicas.array((node) => node.int32());
    });
    each.array((config) => [config.string(), config.string()]);
    return name;
  });
  const answer = () => new WireWriter().array(names, (writer, name) => writer.string(name).int16(0)).finish();
  return { partitions: [], answer };
}

/** Every topic has Kafka's defaults. */
function describeConfigs(reader: WireReader): ReadRequest {
  const resources = reader.array((each) => {
    const resource = { type: each.int8(), name: each.string() };
    each.nullableArray((item) => item.string());
    return resource;
  });
  const answer = () =>
    new WireWriter()
      .int32(0)
      .array(resources, (writer, { type, name }) => {
        writer.int16(0).string(null).int8(type).string(name).int32(0);
      })
      .finish();
  return { partitions: [], answer };
}

function putNode(writer: WireWriter, node: number): void {
  writer.int32(node);
}

function coordinator({ brokers }: ClusterView): Buffer {
  const [first] = brokers;
  return new WireWriter()
    .int32(0)
    .int16(0)
    .string(null)
    .int32(first?.node ?? -1)
    .string('127.0.0.1')
    .int32(first?.port ?? 0)
    .finish();
}
