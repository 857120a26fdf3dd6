/** A signing thread: private keys are unsealed here, once each, and never leave it. */
import type { KeyObject } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { PrivateKeys } from './private-keys.ts';
import { bodyHash, type OpenKey, signatureFields } from './signature.ts';
import type {
  NamedKey,
  SigningReply,
  SigningRequest,
  SigningSettings,
  SignResult,
  SignTask,
} from './signing-messages.ts';

/** Keys by their number; one that cannot be opened stays so. */
class OpenKeys {
  private readonly privateKeys: PrivateKeys;
  private readonly byNumber = new Map<number, OpenKey | Error>();

  constructor({ secretKey }: SigningSettings) {
    this.privateKeys = new PrivateKeys(secretKey);
  }

  forget(): void {
    this.byNumber.clear();
  }

  add({ number, domain, key }: NamedKey): void {
    const { selector, algorithm } = key;
    let opened: KeyObject;
    try {
      opened = this.privateKeys.open(domain, key);
    } catch (error) {
      this.byNumber.set(number, new Error(`the key ${selector} of ${domain}: ${text(error)}`));
      return;
    }
    this.byNumber.set(number, { selector, algorithm, key: opened });
  }

  get(number: number): OpenKey {
    const found = this.byNumber.get(number) ?? new Error('the key was not sent');
    if (found instanceof Error) throw found;
    return found;
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const keys = new OpenKeys(workerData as SigningSettings);
  port.on('message', (request: SigningRequest) => {
    if (request.kind === 'close') {
      port.close();
      return;
    }
    if (request.forgetKeys) keys.forget();
    for (const key of request.keys) keys.add(key);
    const results: SignResult[] = [];
    let at = 0;
    for (const task of request.tasks) {
      const header = new Uint8Array(request.bytes, at, task.headerBytes);
      const body = new Uint8Array(request.bytes, at + task.headerBytes, task.bodyBytes);
      at += task.headerBytes + task.bodyBytes;
      results.push(signed(task, keys, header, body));
    }
    port.postMessage(results satisfies SigningReply);
  });
}

function signed(task: SignTask, keys: OpenKeys, header: Uint8Array, body: Uint8Array): SignResult {
  try {
    const { domain, signedAt } = task;
    const opened = task.keys.map((number) => keys.get(number));
    const hash = task.bodyHash ?? bodyHash([body]);
    const fields = signatureFields({ domain, keys: opened, header, bodyHash: hash, signedAt });
    return { fields, bodyHash: hash };
  } catch (error) {
    return { error: text(error) };
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort) serve(parentPort);
