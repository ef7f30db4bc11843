/**
 * How a backend answers one request. `isTaken`: whether the envelope counts as received; `code`: the status, where one is told.
 * @typedef {{ isTaken: boolean, code?: number, give(response: import('node:http').ServerResponse): void }} Answer
 */

/** @type {Answer} */
export const accept = status(200, {}, '{}', true);

/** @type {Answer} Nothing ever comes. */
export const hang = { isTaken: false, give: () => {} };

/** @type {Answer} */
export const reset = { isTaken: false, give: (response) => response.socket?.resetAndDestroy() };

/** @type {Answer} Bytes that are no HTTP. */
export const garbage = {
  isTaken: false,
  give: (response) => response.socket?.end('\u0000\u0001 this is not the protocol you are looking for\r\n\r\n'),
};

/** @type {Answer} A head that promises more than comes. */
export const cutOff = {
  isTaken: true,
  give: (response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{', () => response.socket?.destroy());
  },
};

/** @type {Answer} A body without an end. */
export const endless = {
  isTaken: true,
  give: (response) => {
    const chunk = 'a'.repeat(16 * 1024);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200);
    response.on('drain', write);
    write();
  },
};

/**
 * @param {number} code
 * @param {Record<string, string>} headers
 * @returns {Answer}
 */
export function status(code, headers = {}, body = '{"detail":"as told"}', isTaken = code < 300) {
  return { isTaken, code, give: (response) => response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body) };
}

/**
 * The same answer, later.
 * @param {number} delayMs
 * @param {Answer} answer
 * @returns {Answer}
 */
export function late(delayMs, answer) {
  return { ...answer, give: (response) => void setTimeout(() => answer.give(response), delayMs) };
}
