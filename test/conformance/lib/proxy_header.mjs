// SPDX-License-Identifier: Apache-2.0
// Headers of the PROXY protocol, as a TCP proxy sends them in front of a connection.
import net from 'node:net';

const kStart = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export const proxyV1 = (ip, port = 50000) => Buffer.from(`PROXY TCP${net.isIPv6(ip) ? 6 : 4} ${ip} ${net.isIPv6(ip) ? '::1' : '10.0.0.1'} ${port} 443\r\n`);

// `command` 0x21 is PROXY, 0x20 LOCAL; `family` 0x11 is TCP4, 0x21 TCP6.
export function proxyV2(block, { command = 0x21, family = 0x11 } = {}) {
  const head = Buffer.from([command, family, block.length >> 8, block.length & 255]);
  return Buffer.concat([kStart, head, block]);
}
export const v4Block = (a, b, c, d, port) => Buffer.from([a, b, c, d, 10, 0, 0, 1, port >> 8, port & 255, 1, 187]);

// For WebSocket libraries: a connection on which `header` is sent first.
export const behindProxy = (header) => ({
  createConnection: (options) => {
    const socket = net.connect({ host: options.host, port: options.port });
    socket.write(header);
    return socket;
  },
});
