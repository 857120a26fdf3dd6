import type { ClusterView, FateOf, ReadRequest } from './answers.ts';
import { ERRORS } from './errors.ts';
import { type RecordBatch, readBatch } from './record-batch.ts';
import type { ScriptedPartition } from './scripted-partition.ts';
import { type WireReader, WireWriter } from './wire.ts';

interface Asked<T> {
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly what: T;
}

function readAsked<T>(reader: WireReader, what: (reader: WireReader) => T): Asked<T>[] {
  const topics = reader.array((each) => {
    const topic = each.string() ?? '';
    return each.array((entry) => {
      const partition = entry.int32();
      return { key: `${topic}/${partition}`, topic, partition, what: what(entry) };
    });
  });
  return topics.flat();
}

/** Answers are grouped by topic; what fate omits is not named. */
function writeAnswers<T>(
  writer: WireWriter,
  asked: readonly Asked<T>[],
  fateOf: FateOf,
  write: (writer: WireWriter, entry: Asked<T>) => void,
): WireWriter {
  const byTopic = Map.groupBy(asked, ({ topic }) => topic);
  return writer.array([...byTopic], (each, [topic, entries]) => {
    const named = entries.filter(({ key }) => fateOf(key).omitted !== true);
    each.string(topic).array(named, (inner, entry) => {
      write(inner.int32(entry.partition), entry);
    });
  });
}

function led(cluster: ClusterView, node: number, { topic, partition }: Asked<unknown>): ScriptedPartition | number {
  const found = cluster.topics.get(topic)?.[partition];
  if (found === undefined) return ERRORS.unknownTopicOrPartition;
  return found.leader === node ? found : ERRORS.notLeader;
}

export function produce(reader: WireReader, node: number, cluster: ClusterView): ReadRequest {
  reader.string();
  reader.int16();
  reader.int32();
  const asked = readAsked(reader, (each) => readBatch(each.bytesField()));
  return {
    partitions: asked.map(({ key }) => key),
    values: Object.fromEntries(asked.map(({ key, what }) => [key, what])),
    answer: (fateOf) => {
      const write = (writer: WireWriter, entry: Asked<RecordBatch>) => {
        const appended = append(entry, node, cluster, fateOf);
        const offset = 'offset' in appended ? appended.offset : -1;
        writer.int16(appended.error).int64(offset).int64(-1).int64(0);
      };
      return writeAnswers(new WireWriter(), asked, fateOf, write).int32(0).finish();
    },
  };
}

function append(entry: Asked<RecordBatch>, node: number, cluster: ClusterView, fateOf: FateOf) {
  const { error, appended } = fateOf(entry.key);
  if (error !== undefined && appended !== true) return { error };
  const partition = led(cluster, node, entry);
  if (typeof partition === 'number') return { error: partition };
  const done = partition.append(entry.what);
  return error === undefined ? done : { error };
}

interface FetchFrom {
  readonly offset: number;
}

export function fetch(reader: WireReader, node: number, cluster: ClusterView): ReadRequest {
  reader.int32();
  const maxWaitMs = reader.int32();
  reader.int32();
  reader.int32();
  reader.int8();
  const asked = readAsked(reader, (each) => {
    const offset = each.int64();
    each.int32();
    return { offset };
  });
  const answer = async (fateOf: FateOf): Promise<Buffer> => {
    await somethingToRead(asked, node, cluster, maxWaitMs);
    const write = (writer: WireWriter, entry: Asked<FetchFrom>) => writeFetched(writer, entry, node, cluster, fateOf);
    return writeAnswers(new WireWriter().int32(0), asked, fateOf, write).finish();
  };
  return { partitions: asked.map(({ key }) => key), answer };
}

function writeFetched(
  writer: WireWriter,
  entry: Asked<FetchFrom>,
  node: number,
  cluster: ClusterView,
  fateOf: FateOf,
): void {
  const found = led(cluster, node, entry);
  const scripted = fateOf(entry.key).error;
  const error = scripted ?? (typeof found === 'number' ? found : rangeError(found, entry.what.offset));
  const partition = error === 0 && typeof found !== 'number' ? found : undefined;
  const end = partition?.end ?? -1;
  writer.int16(error).int64(end).int64(end).int32(0);
  writer.bytesField(partition?.from(entry.what.offset) ?? Buffer.alloc(0));
}

function rangeError({ begin, end }: ScriptedPartition, offset: number): number {
  return offset < begin || offset > end ? ERRORS.offsetOutOfRange : 0;
}

/** A fetch waits for records as long as it allows; anything but "nothing new" is answered at once. */
async function somethingToRead(
  asked: readonly Asked<FetchFrom>[],
  node: number,
  cluster: ClusterView,
  maxWaitMs: number,
): Promise<void> {
  const found = asked.map((entry) => ({ partition: led(cluster, node, entry), offset: entry.what.offset }));
  if (found.some(({ partition, offset }) => typeof partition === 'number' || partition.end !== offset)) return;
  const waits = found.flatMap(({ partition }) => (typeof partition === 'number' ? [] : [partition.nextAppend()]));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxWaitMs);
    timer.unref();
  });
  await Promise.race([patience, ...waits.map(({ happened }) => happened)]);
  clearTimeout(timer);
  for (const wait of waits) wait.cancel();
}

const LATEST = -1;

export function listOffsets(reader: WireReader, node: number, cluster: ClusterView): ReadRequest {
  reader.int32();
  reader.int8();
  const asked = readAsked(reader, (each) => each.int64());
  return {
    partitions: asked.map(({ key }) => key),
    answer: (fateOf) => {
      const write = (writer: WireWriter, entry: Asked<number>) => {
        const partition = led(cluster, node, entry);
        const error = fateOf(entry.key).error ?? (typeof partition === 'number' ? partition : 0);
        const { begin, end } = typeof partition === 'number' ? { begin: -1, end: -1 } : partition;
        writer
          .int16(error)
          .int64(-1)
          .int64(entry.what === LATEST ? end : begin);
      };
      return writeAnswers(new WireWriter().int32(0), asked, fateOf, write).finish();
    },
  };
}
