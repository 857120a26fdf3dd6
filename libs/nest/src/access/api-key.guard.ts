import {
  type CanActivate,
  type CustomDecorator,
  createParamDecorator,
  type DynamicModule,
  type ExecutionContext,
  Global,
  HttpException,
  HttpStatus,
  Inject,
  Injectable,
  Module,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type ApiKey, ApiKeyring, type Scope } from '@penstock/access';
import { errorBody } from './http-errors.ts';

const SCOPE = 'penstock:scope';
const BEARER = /^Bearer +(\S+) *$/i;

/** A request once the guard has passed it. */
export interface KeyedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  apiKey?: ApiKey;
}

/** The scopes one of which a controller or route asks for; `mail` where nothing is said. */
export function Scoped(...scopes: readonly Scope[]): CustomDecorator {
  return SetMetadata(SCOPE, scopes);
}

/** The key of the request, in a route behind the ApiKeyGuard. */
export const CurrentKey = createParamDecorator((_: unknown, context: ExecutionContext): ApiKey => {
  const { apiKey } = context.switchToHttp().getRequest<KeyedRequest>();
  if (!apiKey) throw new Error('CurrentKey is used on a route without ApiKeyGuard');
  return apiKey;
});

/** Bearer keys as SendGrid's clients send them; puts the ApiKey on the request as `apiKey`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(ApiKeyring) private readonly keyring: ApiKeyring,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const { authorization } = request.headers;
    const presented = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
    if (presented === undefined) throw refused(HttpStatus.UNAUTHORIZED, 'authorization required');
    const apiKey = this.keyring.find(presented);
    if (!apiKey && !this.keyring.knowsAll()) {
      throw refused(HttpStatus.SERVICE_UNAVAILABLE, 'The service does not know all keys yet; try again.');
    }
    if (!apiKey) {
      throw refused(HttpStatus.UNAUTHORIZED, 'The provided authorization grant is invalid, expired, or revoked');
    }
    const asked = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!(asked ?? ['mail']).some((scope) => apiKey.scopes.has(scope)))
      throw refused(HttpStatus.FORBIDDEN, 'access forbidden');
    request.apiKey = apiKey;
    return true;
  }
}

function refused(status: HttpStatus, message: string): HttpException {
  return new HttpException(errorBody(message), status);
}

/** Gives every module the keyring the guard needs. */
@Global()
@Module({})
export class AccessModule {
  static register(keyring: ApiKeyring): DynamicModule {
    return {
      module: AccessModule,
      providers: [{ provide: ApiKeyring, useValue: keyring }],
      exports: [ApiKeyring],
    };
  }
}
