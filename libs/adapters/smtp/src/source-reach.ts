import { createServer } from 'node:net';
import type { SourceReach } from '@penstock/ports';

/** Finds out by binding: an address that is another machine's cannot be listened on either. */
export class SocketReach implements SourceReach {
  canBind(address: string): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      // Port 0: the system's choice, so that nothing that listens is in the way.
      probe.listen({ host: address, port: 0, exclusive: true }, () => probe.close(() => resolve(true)));
    });
  }
}
