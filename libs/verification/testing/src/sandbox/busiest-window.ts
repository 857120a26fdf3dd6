/**
 * The most of ascending times that lie within any window of that length; a window takes its end in and its begin not.
 * Limits are counted by it where receivers see them.
 */
export function busiestWindow(times: Iterable<number>, windowMs: number): number {
  const within: number[] = [];
  let first = 0;
  let most = 0;
  for (const at of times) {
    within.push(at);
    while ((within[first] ?? at) <= at - windowMs) first++;
    most = Math.max(most, within.length - first);
  }
  return most;
}
