import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { clockConformance } from '@penstock/testing';

clockConformance('system', () => ({
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  pass: (done) => done,
}));
