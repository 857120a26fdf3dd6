/** How each fault is done, and undone. */
import type { FaultName } from '../history.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';
import { bounceBroker, inStep, killBroker } from './brokers.ts';
import { isRunning, isRunningInTime, jumpClock } from './clocks.ts';
import { fillDisk } from './disks.ts';
import { cutAfterDot } from './receivers.ts';
import { flushRedis, restartRedis } from './redis.ts';
import { killService, stopService } from './services.ts';

type Condition = (rig: Rig, signal: AbortSignal, target: string) => Promise<void>;

/** Resolves when what was disturbed runs again by itself. An aborted signal ends the fault early. */
type Injector = (rig: Rig, fault: PlannedFault, signal: AbortSignal) => Promise<void>;

/** What has to be so before the fault may begin. */
export const CONDITIONS: Readonly<Partial<Record<FaultName, Condition>>> = {
  broker_kill: inStep,
  broker_bounce: inStep,
  sigkill: isRunningInTime,
  sigstop: isRunning,
  clock_jump: isRunning,
};

export const INJECTORS: Readonly<Record<FaultName, Injector>> = {
  sigkill: killService,
  sigstop: stopService,
  broker_kill: killBroker,
  broker_bounce: bounceBroker,
  redis_flush: flushRedis,
  redis_restart: restartRedis,
  cut_after_dot: cutAfterDot,
  disk_full: fillDisk,
  clock_jump: jumpClock,
};
