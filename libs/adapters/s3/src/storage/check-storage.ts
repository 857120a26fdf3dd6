import type { Random } from '@penstock/ports';
import { newWriter } from '../content/segment-name.ts';
import { type ObjectStorage, StorageSetupError } from './object-storage.ts';

const CHECKS = 'checks';

/** Writes, reads, lists and deletes a small object, as content will be: what is not allowed is told at the start. */
export async function checkStorage(storage: ObjectStorage, where: string, random: Random): Promise<void> {
  const step = async <T>(verb: string, permission: string, done: Promise<T>): Promise<T> => {
    return await done.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StorageSetupError(`${where} cannot be ${verb} (${permission}): ${reason}`);
    });
  };
  const name = `${CHECKS}/${newWriter(random)}`;
  const bytes = random.bytes(16);
  await step('written', 's3:PutObject', storage.put(name, bytes));
  const found = await step('read', 's3:GetObject', storage.read(name, 4, 8));
  if (!found || Buffer.compare(found, bytes.subarray(4, 12)) !== 0) {
    throw new StorageSetupError(`${where} does not give back what was written, by range`);
  }
  const listed = await step('listed', 's3:ListBucket', storage.objects(CHECKS));
  if (!listed.includes(name)) throw new StorageSetupError(`${where} does not list what was written`);
  await step('deleted', 's3:DeleteObject', storage.remove([name]));
  // Without the permission to list, S3 answers 403 for what is not there; content would seem unreachable for ever.
  const gone = await step('asked for what is not there', 's3:ListBucket', storage.read(name, 0, 1));
  if (gone) throw new StorageSetupError(`${where} still has what was deleted`);
}
