import { errnoOf, StartupError } from './startup-error.ts';

/** A port that is to be listened on, and the setting it comes from. */
export interface PortSetting {
  readonly setting: string;
  readonly port: number;
}

/**
 * Listens, and says which setting is wrong where that fails.
 *
 * @param ports all that `listen` binds, at least one; which of them failed is read from the error
 * @throws StartupError
 */
export async function onPorts(
  host: string,
  ports: readonly [PortSetting, ...PortSetting[]],
  listen: () => Promise<unknown>,
): Promise<void> {
  try {
    await listen();
  } catch (error) {
    throw explained(host, ports.find(({ port }) => port === portOf(error)) ?? ports[0], error);
  }
}

function explained(host: string, { setting, port }: PortSetting, error: unknown): unknown {
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return new StartupError(
        `${setting}: port ${port} of ${host} is in use; choose another one (0 lets the system choose)`,
      );
    case 'EACCES':
      return new StartupError(`${setting}: port ${port} of ${host} may not be used by this user`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartupError(`PENSTOCK_HOST: ${host} is no address of this machine`);
    default:
      return error;
  }
}

function portOf(error: unknown): unknown {
  return error instanceof Error && 'port' in error ? error.port : undefined;
}
