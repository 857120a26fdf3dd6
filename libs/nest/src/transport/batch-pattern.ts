import type { Topic } from '@penstock/events';

/** A control follower's group is unique to its process: `<service>-control-<random name>`. */
const FOLLOWER_SUFFIX = /-control-[a-z0-9]+$/;

/**
 * The Nest pattern a consumer's batches are handled under: `mail.events#projector`. The group is part of it, since
 * two groups of one service may read one topic; a group's random part is not, so that the pattern can be written
 * down: `mail.control#scheduler-control`.
 */
export function batchPattern(consumer: { readonly topic: Topic; readonly group: string }): string {
  return `${consumer.topic}#${consumer.group.replace(FOLLOWER_SUFFIX, '-control')}`;
}
