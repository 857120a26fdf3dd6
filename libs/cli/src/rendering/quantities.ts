/** Numbers as people read them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** 7 ms, 12.4 s, 3 min 5 s, 71 h 58 min */
export function duration(ms: number): string {
  const whole = Math.round(ms);
  if (whole < SECOND) return `${whole} ms`;
  if (whole < MINUTE) return `${(whole / SECOND).toFixed(1)} s`;
  if (whole < HOUR) return twoUnits(whole, MINUTE, 'min', SECOND, 's');
  return twoUnits(whole, HOUR, 'h', MINUTE, 'min');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** 312 B, 4.0 KiB, 1.5 MiB */
export function byteCount(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

/** 1 delivery, 2 deliveries */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

/** 12.5 %; a dash where there is no number. */
export function percent(fraction: number | null | undefined): string {
  return typeof fraction === 'number' ? `${(fraction * 100).toFixed(1)} %` : '–';
}
