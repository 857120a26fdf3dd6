import { TOPICS, type Topic } from '@penstock/events';

/** Where to go on: the next offset of each partition of one topic. */
export interface Cursor {
  readonly topic: Topic;
  readonly offsets: ReadonlyMap<number, number>;
}

const TOPIC_NAMES: ReadonlySet<string> = new Set(Object.values(TOPICS));
const PLACE = /^([0-9]{1,5}):([0-9]{1,15})$/;
const MAX_LENGTH = 4_096;

/** `mail.events/0:1200,1:1180`: to be passed on unread, but nothing is hidden in it. */
export function formatCursor({ topic, offsets }: Cursor): string {
  return `${topic}/${[...offsets].map(([partition, offset]) => `${partition}:${offset}`).join()}`;
}

/** Undefined if the text is no cursor. */
export function parseCursor(text: string): Cursor | undefined {
  const slash = text.indexOf('/');
  const topic = text.slice(0, slash);
  if (slash < 0 || text.length > MAX_LENGTH || !isTopic(topic)) return undefined;
  const offsets = new Map<number, number>();
  for (const place of text.slice(slash + 1).split(',')) {
    const match = PLACE.exec(place);
    if (!match) return undefined;
    offsets.set(Number(match[1]), Number(match[2]));
  }
  return { topic, offsets };
}

function isTopic(text: string): text is Topic {
  return TOPIC_NAMES.has(text);
}
