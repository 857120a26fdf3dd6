import type { FateOf, ReadRequest } from './answers.ts';
import { ERRORS } from './errors.ts';
import type { Api } from './script.ts';
import { type WireReader, WireWriter } from './wire.ts';

/** What a script names to have a request of the group protocol refused: these name no partition. */
export const GROUP = 'group';

const MEMBER = 'the-only-member';

/** A group of one member, which is its leader: who joins is taken for it, under the next generation. */
export interface ScriptedGroup {
  generation: number;
  assignment: Buffer;
  readonly committed: Map<string, number>;
}

const GROUP_APIS = ['joinGroup', 'syncGroup', 'heartbeat', 'leaveGroup', 'offsetFetch', 'offsetCommit'] as const;
type GroupApi = (typeof GROUP_APIS)[number];

export function isGroupApi(api: Api): api is GroupApi {
  return GROUP_APIS.some((each) => each === api);
}

/** Reads a request of the group protocol; its group is made by the first that names it. */
export function groupRequest(api: GroupApi, reader: WireReader, groups: Map<string, ScriptedGroup>): ReadRequest {
  const id = reader.string() ?? '';
  const group = groups.get(id) ?? { generation: 0, assignment: Buffer.alloc(0), committed: new Map() };
  groups.set(id, group);
  const answer = ANSWERS[api](reader, group);
  return { partitions: [GROUP], answer: (fateOf) => answer(fateOf(GROUP).error ?? 0, fateOf) };
}

type Answer = (error: number, fateOf: FateOf) => Buffer;

const ANSWERS: Readonly<Record<GroupApi, (reader: WireReader, group: ScriptedGroup) => Answer>> = {
  joinGroup: join,
  syncGroup: sync,
  heartbeat: (reader, group) => {
    const generation = reader.int32();
    return (error) => status(error || (generation === group.generation ? 0 : ERRORS.illegalGeneration));
  },
  leaveGroup: () => status,
  offsetFetch: fetchOffsets,
  offsetCommit: commitOffsets,
};

function status(error: number): Buffer {
  return new WireWriter().int16(error).finish();
}

function join(reader: WireReader, group: ScriptedGroup): Answer {
  reader.int32();
  reader.int32();
  reader.string();
  reader.string();
  const [protocol] = reader.array((each) => ({ name: each.string(), metadata: each.bytesField() }));
  return (error) => {
    const writer = new WireWriter().int16(error);
    if (error !== 0 || !protocol) {
      return writer
        .int32(-1)
        .string('')
        .string('')
        .string('')
        .array([], () => undefined)
        .finish();
    }
    group.generation++;
    writer.int32(group.generation).string(protocol.name).string(MEMBER).string(MEMBER);
    return writer.array([protocol], (each, { metadata }) => each.string(MEMBER).bytesField(metadata)).finish();
  };
}

function sync(reader: WireReader, group: ScriptedGroup): Answer {
  reader.int32();
  reader.string();
  const [mine] = reader.array((each) => ({ member: each.string(), assignment: each.bytesField() }));
  return (error) => {
    if (error === 0 && mine) group.assignment = mine.assignment;
    return new WireWriter().int16(error).bytesField(group.assignment).finish();
  };
}

function fetchOffsets(reader: WireReader, { committed }: ScriptedGroup): Answer {
  const topics = reader.array((each) => ({ topic: each.string(), partitions: each.array((item) => item.int32()) }));
  return (error) =>
    new WireWriter()
      .array(topics, (writer, { topic, partitions }) => {
        writer.string(topic).array(partitions, (each, partition) => {
          const offset = committed.get(`${topic}/${partition}`) ?? -1;
          each.int32(partition).int64(offset).string(null).int16(error);
        });
      })
      .finish();
}

function commitOffsets(reader: WireReader, { committed }: ScriptedGroup): Answer {
  reader.int32();
  reader.string();
  reader.int64();
  const topics = reader.array((each) => {
    const topic = each.string();
    const partitions = each.array((item) => {
      const position = { partition: item.int32(), offset: item.int64() };
      item.string();
      return position;
    });
    return { topic, partitions };
  });
  return (error) =>
    new WireWriter()
      .array(topics, (writer, { topic, partitions }) => {
        writer.string(topic).array(partitions, (each, { partition, offset }) => {
          if (error === 0) committed.set(`${topic}/${partition}`, offset);
          each.int32(partition).int16(error);
        });
      })
      .finish();
}
