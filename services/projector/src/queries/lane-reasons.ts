import type { ControlState, PathThrottle } from '@penstock/scheduling';
import type { LaneName, LaneRow, LastHold, LastRemote } from '../lanes/lane-row.ts';
import { type ThrottleView, throttleView } from './throttle-view.ts';

/** Why a lane waits, from the facts and the control log. */
export type LaneReason =
  /** A path it could take rests. */
  | ({ readonly kind: 'path_throttled' } & ThrottleView)
  /** Deliveries of it got the notice that they wait for us. */
  | ({ readonly kind: 'held'; readonly deliveries: number } & LastHold)
  /** The receiver put the last one off. */
  | ({ readonly kind: 'remote' } & LastRemote)
  /** All of it is for later: `send_at`, or a retry that is not due yet. */
  | { readonly kind: 'not_due'; readonly until: number }
  /** Nothing stands in its way but what is before it. */
  | { readonly kind: 'next_in_turn' };

export function laneReasons(name: LaneName, row: LaneRow, control: ControlState, now: number): readonly LaneReason[] {
  if (row.waiting === 0) return [];
  const reasons: LaneReason[] = throttlesOf(name, row, control, now).map((throttle) => ({
    kind: 'path_throttled',
    ...throttleView(throttle),
  }));
  if (row.held > 0 && row.lastHold) reasons.push({ kind: 'held', deliveries: row.held, ...row.lastHold });
  // Once its retry is due, what the receiver said last time is history.
  if (row.lastRemote && row.lastRemote.retryAt > now) reasons.push({ kind: 'remote', ...row.lastRemote });
  if (reasons.length > 0) return reasons;
  if (row.nextDueAt !== undefined && row.nextDueAt > now) return [{ kind: 'not_due', until: row.nextDueAt }];
  return [{ kind: 'next_in_turn' }];
}

/** A lane knows its site and provider once something of it was released; before, its domain is its site. */
function throttlesOf(name: LaneName, row: LaneRow, control: ControlState, now: number): readonly PathThrottle[] {
  const pool = control.policy?.pools.get(name.pool);
  return [...control.throttles.values()].filter(
    ({ until, source, provider, site }) =>
      until > now &&
      (pool?.sources.includes(source) ?? true) &&
      (provider !== undefined ? provider === row.provider : site === (row.site ?? name.domain)),
  );
}
