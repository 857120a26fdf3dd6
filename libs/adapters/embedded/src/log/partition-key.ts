import { TOPICS, type Topic } from '@penstock/events';

/** Numbers of the topics in the files; never reused. */
const TOPIC_CODES: Readonly<Record<Topic, number>> = {
  [TOPICS.submissions]: 1,
  [TOPICS.events]: 2,
  [TOPICS.attempts]: 3,
  [TOPICS.control]: 4,
  [TOPICS.signals]: 5,
  [TOPICS.directory]: 6,
  [TOPICS.dead]: 7,
};

/** `mail.events-3` for a key; undefined for a topic of another release. */
export function partitionName(key: number): string | undefined {
  const code = Math.floor(key / 65_536);
  const topic = Object.entries(TOPIC_CODES).find(([, known]) => known === code)?.[0];
  return topic && `${topic}-${key % 65_536}`;
}

/** A partition as one number: the topic's code times 65,536, plus the partition. */
export function partitionKey(topic: Topic, partition: number): number {
  return TOPIC_CODES[topic] * 65_536 + partition;
}
