import { hashApiKey } from '@penstock/access';
import { randomName } from '@penstock/control';
import type { DirectoryApiKey } from '@penstock/directory';
import { type ApiKeyCreated, derivedId, type KeyScope, TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';
import type { Random } from '@penstock/ports';
import type { Problems } from '../mail-send/problems.ts';
import type { DirectoryWriter } from './directory-writer.ts';
import { refusedChange } from './refused-change.ts';
import { newTenant } from './tenants.ts';

/** What is shown of a key: neither itself nor its hash. */
export interface KeyView {
  readonly id: string;
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly scopes: readonly KeyScope[];
  readonly label?: string;
  /** ms since the epoch */
  readonly createdAt: number;
}

export interface NewKey {
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly scopes: readonly KeyScope[];
  readonly label?: string;
}

/** 192 bits: nobody guesses one, so its bare hash can be kept. */
const KEY_BYTES = 24;

export class ApiKeys {
  constructor(
    private readonly writer: DirectoryWriter,
    private readonly random: Random,
    private readonly now: () => number,
  ) {}

  /** The only time the key itself is shown. */
  async create(wanted: NewKey): Promise<KeyView & { readonly key: string }> {
    const key = `pk_${Buffer.from(this.random.bytes(KEY_BYTES)).toString('base64url')}`;
    const keyId = `k_${randomName(this.random)}`;
    const at = this.now();
    const hash = Buffer.from(hashApiKey(key)).toString('hex');
    const body = { ...wanted, keyId, hash };
    const id = derivedId('api_key', keyId);
    const created: ApiKeyCreated = { id, type: 'api_key_created', version: 1, at, partition: 0, body };
    await this.writer.change((state) => [...newTenant(state, wanted.tenant, at), created]);
    return { id: keyId, key, ...wanted, createdAt: at };
  }

  /** Oldest first. */
  list(): readonly KeyView[] {
    return [...this.writer.state().keys.values()].map(viewOf);
  }

  /** The key works no more from here on. One that is revoked already is no error. */
  async revoke(keyId: string): Promise<void> {
    await this.writer.change((state) => {
      if (state.revokedKeys.has(keyId)) return [];
      if (!state.keys.has(keyId)) throw unknownKey(keyId);
      const id = derivedId('api_key_revoked', keyId);
      return [{ id, type: 'api_key_revoked', version: 1, at: this.now(), partition: 0, body: { keyId } }];
    });
  }
}

function viewOf({ keyId: id, tenant, class: trafficClass, scopes, label, createdAt }: DirectoryApiKey): KeyView {
  const view = { id, tenant, class: trafficClass, scopes: [...scopes], createdAt };
  return label === undefined ? view : { ...view, label };
}

const KEY_ID = /^k_[a-z2-7]{12}$/;

/** Whoever pastes a key here must not see it again in a log of errors. */
function unknownKey(keyId: string): Error {
  const named = KEY_ID.test(keyId) ? `key ${keyId}` : 'such key: expected an id like k_abcdefghijkl';
  return refusedChange(
    404,
    'id',
    `There is no ${named}.`,
    'penstock keys list shows the ids. Keys of the settings (PENSTOCK_API_KEY, PENSTOCK_API_KEYS) end with the setting.',
  );
}

export function checkClass(value: unknown, problems: Problems): TrafficClass {
  const named = value === undefined ? 'bulk' : TRAFFIC_CLASSES.find((name) => name === value);
  if (named === undefined) problems.add('class', 'class must be "bulk" or "transactional".');
  return named ?? 'bulk';
}

const SCOPES: readonly KeyScope[] = ['mail', 'operate'];

export function checkScopes(value: unknown, problems: Problems): readonly KeyScope[] {
  if (value === undefined) return ['mail'];
  const scopes = Array.isArray(value) ? SCOPES.filter((scope) => value.includes(scope)) : [];
  if (scopes.length > 0 && Array.isArray(value) && value.every((scope) => SCOPES.includes(scope))) return scopes;
  problems.add('scopes', 'scopes must be a list of "mail", "operate" or both.');
  return ['mail'];
}
