import { Controller, type DynamicModule, Get, HttpStatus, Inject, Module, Res } from '@nestjs/common';

export const READINESS_CHECKS = Symbol('readiness checks');
const NOTES = Symbol('what is true of the process for as long as it runs');

/** A part of the process that can say why it cannot work now. */
export interface ReadinessCheck {
  readonly name: string;
  /** Undefined when ready, else why not. */
  notReady(): string | undefined;
}

/** What somebody who runs the process should know, though it works. */
export interface HealthNotes {
  /** Why acknowledged mail stands on one broker alone, in one sentence; absent where it stands on several. */
  readonly singleReplica?: string | undefined;
}

export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready';
  /** What does not work, and why. Empty when ready. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly single_replica?: true;
  readonly warning?: string;
}

/** What of Fastify's reply is used here. */
interface Reply {
  status(code: number): unknown;
}

/** For orchestrators and people: open to everybody, says nothing about mail. */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(READINESS_CHECKS) private readonly checks: readonly ReadinessCheck[],
    @Inject(NOTES) private readonly notes: HealthNotes,
  ) {}

  /** The process runs and answers. */
  @Get('live')
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  /** 200 when every service can do its work, 503 with the reasons otherwise; `/health` is the same. */
  @Get(['ready', ''])
  ready(@Res({ passthrough: true }) reply: Reply): ReadinessReport {
    const reasons = Object.fromEntries(
      this.checks.flatMap((check) => {
        const reason = check.notReady();
        return reason === undefined ? [] : [[check.name, reason]];
      }),
    );
    const ready = Object.keys(reasons).length === 0;
    reply.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    const { singleReplica } = this.notes;
    const warned = singleReplica === undefined ? {} : { single_replica: true as const, warning: singleReplica };
    return { status: ready ? 'ready' : 'not_ready', reasons, ...warned };
  }
}

@Module({})
export class HealthModule {
  static register(checks: readonly ReadinessCheck[], notes: HealthNotes = {}): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [
        { provide: READINESS_CHECKS, useValue: checks },
        { provide: NOTES, useValue: notes },
      ],
    };
  }
}
