/** The fold of `mail.control`: what deliveries share. Folded apart from the partitions; only `decide` reads it. */
import {
  assertNever,
  type Control,
  foldSourceClaim,
  NO_SOURCE_CLAIMS,
  type SourceClaimed,
  type SourceClaims,
  type SourceReleased,
} from '@penstock/events';
import type { Policy } from '@penstock/policy';
import { PathThrottles } from './path-throttles.ts';
import { type Reputations, withReputation } from './reputations.ts';
import { foldWarmup, NO_WARMUPS, type Warmups } from './warmups.ts';

export interface ControlState {
  /** Next offset of `mail.control` to be folded. */
  readonly offset: number;
  readonly policy: Policy | undefined;
  readonly throttles: PathThrottles;
  /** How many paths were restored so far: lanes that wait for one need not wait any longer. */
  readonly restores: number;
  /** Source name → who claimed it last and has not released it. */
  readonly owners: ReadonlyMap<string, { readonly owner: string; readonly claimId: string }>;
  /** Source name → all who claimed it, for whoever wants to follow them. */
  readonly claims: ReadonlyMap<string, SourceClaims>;
  readonly unreachable: ReadonlySet<string>;
  /** What receivers think of tenants and sources, as last published. */
  readonly reputations: Reputations;
  /** Which sources are in warm-up. */
  readonly warmups: Warmups;
}

export const INITIAL_CONTROL: ControlState = {
  offset: 0,
  policy: undefined,
  throttles: PathThrottles.NONE,
  restores: 0,
  owners: new Map(),
  claims: new Map(),
  unreachable: new Set(),
  reputations: new Map(),
  warmups: NO_WARMUPS,
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
      const owners = new Map(before.owners).set(source, { owner, claimId });
      return { ...state, unreachable, owners, claims: claimsAfter(before, record, offset) };
    }
    case 'source_released': {
      const { source, claimId } = record.body;
      const claims = claimsAfter(before, record, offset);
      const isOwner = before.owners.get(source)?.claimId === claimId;
      return { ...state, claims, owners: isOwner ? without(before.owners, source) : before.owners };
    }
    case 'source_unreachable':
      return { ...state, unreachable: new Set(before.unreachable).add(record.body.source) };
    case 'reputation_changed':
      return { ...state, reputations: withReputation(before.reputations, record) };
    case 'source_warmup_started':
    case 'source_warmup_advanced':
    case 'source_warmup_held':
    case 'source_warmup_set_back':
    case 'source_warmup_stopped':
    case 'source_active':
      return { ...state, warmups: foldWarmup(before.warmups, record) };
    default:
      return assertNever(record);
  }
}

function claimsAfter(
  { claims }: ControlState,
  record: SourceClaimed | SourceReleased,
  offset: number,
): ReadonlyMap<string, SourceClaims> {
  const { source } = record.body;
  return new Map(claims).set(source, foldSourceClaim(claims.get(source) ?? NO_SOURCE_CLAIMS, record, offset));
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
