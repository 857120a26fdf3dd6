import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus } from '@nestjs/common';
import type { Telemetry } from '@penstock/ports';

/** SendGrid's error shape, which its clients know how to show. */
export interface ErrorBody {
  readonly errors: readonly {
    readonly message: string;
    readonly field: string | null;
    readonly help: string | null;
  }[];
}

export function errorBody(message: string, field: string | null = null, help: string | null = null): ErrorBody {
  return { errors: [{ message, field, help }] };
}

/** What of Fastify's reply is used here. */
interface Reply {
  readonly sent: boolean;
  status(code: number): { send(body: unknown): unknown };
}

/** Every failed request answers in one shape; what is our own fault is logged and told to nobody. */
@Catch()
export class HttpErrorsFilter implements ExceptionFilter {
  constructor(private readonly telemetry: Telemetry) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    if (reply.sent) return;
    const { status, body } = this.answer(error);
    reply.status(status).send(body);
  }

  private answer(error: unknown): { status: number; body: ErrorBody } {
    if (error instanceof HttpException) {
      const response = error.getResponse();
      return { status: error.getStatus(), body: hasErrors(response) ? response : errorBody(error.message) };
    }
    const status = clientErrorStatus(error);
    if (status !== undefined) return { status, body: errorBody((error as Error).message) };
    this.telemetry.log('error', 'http_request_failed', { error });
    return { status: HttpStatus.INTERNAL_SERVER_ERROR, body: errorBody('internal error') };
  }
}

function hasErrors(response: unknown): response is ErrorBody {
  return typeof response === 'object' && response !== null && 'errors' in response && Array.isArray(response.errors);
}

/** Fastify's own refusals (a body too large, JSON that is none) carry the status they mean. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  return error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : undefined;
}
