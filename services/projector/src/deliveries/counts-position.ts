/** Name of the position up to which a partition of `mail.events` is in the counts of a read model. */
export function countsName(partition: number): string {
  return `mail.events-${partition}`;
}
