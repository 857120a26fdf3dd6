/** What a copy of a keyed store looks like: chunks of rows, each JSON, and a manifest that is written last. */
import { crc32 } from 'node:zlib';
import type { KeyedEntry } from '@penstock/ports';

/** Raised when the form changes: a copy of another form is none. */
const COPY_FORM = 1;

export interface CopyManifest {
  readonly positions: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly chunks: readonly CopyChunk[];
}

export interface CopyChunk {
  readonly bytes: number;
  readonly crc: number;
}

export class DamagedCopyError extends Error {
  override readonly name = 'DamagedCopyError';
}

export function writeManifest(manifest: CopyManifest): Buffer {
  return Buffer.from(JSON.stringify({ form: COPY_FORM, ...manifest }));
}

/** Undefined for what is no manifest of this form. */
export function readManifest(bytes: Buffer): CopyManifest | undefined {
  try {
    const { form, ...manifest } = JSON.parse(bytes.toString()) as CopyManifest & { readonly form: number };
    return form === COPY_FORM ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Of rows that are JSON already. */
export function writeChunk(rows: readonly string[]): { readonly bytes: Buffer; readonly chunk: CopyChunk } {
  const bytes = Buffer.from(`[${rows.join(',')}]`);
  return { bytes, chunk: { bytes: bytes.length, crc: crc32(bytes) } };
}

/** @throws DamagedCopyError for what was not written so. */
export function readChunk(bytes: Buffer | undefined, chunk: CopyChunk, name: string): readonly KeyedEntry[] {
  if (!bytes || bytes.length !== chunk.bytes || crc32(bytes) !== chunk.crc) {
    throw new DamagedCopyError(`chunk ${name} of a state copy is ${bytes ? 'damaged' : 'gone'}`);
  }
  return JSON.parse(bytes.toString()) as readonly KeyedEntry[];
}
