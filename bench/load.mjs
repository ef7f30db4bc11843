/** HTTP load from a process of its own: keep-alive connections, one request in flight on each, a fixed number in all. */
import { connect } from 'node:net';

const [port, requests, connections] = process.argv.slice(2).map(Number);
const request = `GET /items/42?page=3 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
let started = 0;
let finished = 0;

for (let i = 0; i < connections; i += 1) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let pending = '';
  const next = () => {
    if (started < requests) {
      started += 1;
      socket.write(request);
    } else socket.end();
  };
  socket.on('connect', next);
  socket.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    if (!pending.endsWith('\r\n\r\nok')) return;
    if (!pending.startsWith('HTTP/1.1 200')) process.exit(1);
    pending = '';
    finished += 1;
    if (finished === requests) process.exit(0);
    next();
  });
}
