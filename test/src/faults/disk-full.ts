/** node test/dist/faults/disk-full.js: has to be able to mount a tmpfs, and fails where it is not. */
import { fullDisk } from './full-disk.ts';

try {
  const report = await fullDisk();
  if (!report) throw new Error('this user may not mount a small disk: run it as root');
  console.log(report);
  console.log('1 passed, 0 failed, 0 skipped');
} catch (error) {
  console.error(error);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
