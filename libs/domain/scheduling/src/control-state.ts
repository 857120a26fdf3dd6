/** The fold of `mail.control`: what deliveries share. Folded apart from the partitions; only `decide` reads it. */
import type { Control } from '@penstock/events';
import { assertNever } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import { PathThrottles } from './path-throttles.ts';

export interface ControlState {
  /** Next offset of `mail.control` to be folded. */
  readonly offset: number;
  readonly policy: Policy | undefined;
  readonly throttles: PathThrottles;
  /** How many paths were restored so far: lanes that wait for one need not wait any longer. */
  readonly restores: number;
  /** Source name → who claimed it last and has not released it. */
  readonly owners: ReadonlyMap<string, { readonly owner: string; readonly claimId: string }>;
  readonly unreachable: ReadonlySet<string>;
}

export const INITIAL_CONTROL: ControlState = {
  offset: 0,
  policy: undefined,
  throttles: PathThrottles.NONE,
  restores: 0,
  owners: new Map(),
  unreachable: new Set(),
};

/** `parse` turns a policy text into the policy that holds from there on; it is given so that its owner can refuse one. */
export function foldControl(
  before: ControlState,
  record: Control,
  offset: number,
  parse: (text: string) => Policy | undefined,
): ControlState {
  const state = { ...before, offset: offset + 1 };
  switch (record.type) {
    case 'policy_changed':
      return { ...state, policy: parse(record.body.text) };
    case 'path_throttled':
      return { ...state, throttles: before.throttles.with(record.body, record.at) };
    case 'path_restored':
      return { ...state, throttles: before.throttles.without(record.body.path), restores: before.restores + 1 };
    case 'source_claimed': {
      const { source, owner, claimId } = record.body;
      const unreachable = new Set(before.unreachable);
      unreachable.delete(source);
      return { ...state, unreachable, owners: new Map(before.owners).set(source, { owner, claimId }) };
    }
    case 'source_released':
      return before.owners.get(record.body.source)?.claimId === record.body.claimId
        ? { ...state, owners: without(before.owners, record.body.source) }
        : state;
    case 'source_unreachable':
      return { ...state, unreachable: new Set(before.unreachable).add(record.body.source) };
    default:
      return assertNever(record);
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
