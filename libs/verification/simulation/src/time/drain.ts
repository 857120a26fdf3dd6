import process from 'node:process';

/** Taken before the guard poisons the globals. */
const realSetImmediate = setImmediate;

/** Node's own way to settle promises between two callbacks: it has no public name, and no other is as quick. */
const { _tickCallback: settle } = process as typeof process & { _tickCallback?: () => void };

/** Calls `body` where no promise is being settled, so that `settlePromises` may be called. */
export function outsidePromises<R>(body: () => R): Promise<R> {
  return new Promise((resolve, reject) => {
    realSetImmediate(() => {
      try {
        resolve(body());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Settles every promise that can settle without time passing, and all that follow from it; then returns. */
export function settlePromises(): void {
  if (!settle) throw new Error('this release of Node cannot settle promises on demand');
  settle.call(process);
}
