import { createRequire } from 'node:module';
import type { ISocketFactory } from 'kafkajs';

const require = createRequire(import.meta.url);
const kafkajsSocket = (require('kafkajs/src/network/socketFactory') as () => ISocketFactory)();

/**
 * The sockets of kafkajs, at which nothing piles up once they are closed. While a broker is away kafkajs 2.2.4 closes both
 * of its connections at every try to reach it (`disconnect` of network/connection.js), also the one that has been dead
 * since the broker went. `unref` of a socket that has no handle waits for a connection that never comes, by one listener
 * more each time: MaxListenersExceededWarning after ten tries, and memory for as long as the broker is away.
 */
export const quietSocket: ISocketFactory = (options) => {
  const socket = kafkajsSocket(options);
  const unref = socket.unref.bind(socket);
  socket.unref = () => (socket.destroyed ? socket : unref());
  return socket;
};
