/** Warm-up tables as their owners publish them. */

/** Recipients an hour, by day. Days 12 and 18 leave the curve 20 × 1.4^day, and are kept as published. */
export const SENDGRID_HOURLY: readonly number[] = [
  20, 28, 39, 55, 77, 108, 151, 211, 295, 413, 579, 810, 1_000, 1_587, 2_222, 3_111, 4_356, 6_098, 8_583, 11_953,
  16_734, 23_427, 32_798, 45_917, 64_284, 89_998, 125_997, 176_395, 246_953, 345_735, 484_029, 677_640, 948_696,
  1_328_175, 1_859_444, 2_603_222, 3_644_511, 5_102_316, 7_143_242, 10_000_539, 14_000_754, 19_601_056,
];

/** Recipients a day in each of SparkPost's twenty stages (SparkPost/2web2ui, `IP_WARMUP_STAGES`). */
const SPARKPOST_DAILY: readonly number[] = [
  200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 100_000, 250_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
  10_000_000, 20_000_000, 40_000_000, 80_000_000, 160_000_000, 320_000_000,
];

const SES_DAYS = 45;
const SES_DAILY = 50_000;

/** SES publishes the ends, 45 days and 50,000 a day, not the steps between: they are equal here. */
const SES_STEPS: readonly number[] = Array.from({ length: SES_DAYS }, (_, day) => (SES_DAILY * (day + 1)) / SES_DAYS);

export const SES_HOURLY: readonly number[] = hourlyOf(SES_STEPS);
export const SPARKPOST_HOURLY: readonly number[] = hourlyOf(SPARKPOST_DAILY);

/** A day's volume spread over its hours, and at least one recipient in each. */
export function hourlyOf(daily: readonly number[]): readonly number[] {
  return daily.map((recipients) => Math.max(1, Math.floor(recipients / 24)));
}
