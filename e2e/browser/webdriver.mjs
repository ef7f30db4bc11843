const HEADERS = { 'content-type': 'application/json' };

/**
 * The few commands of WebDriver that the tests need: https://www.w3.org/TR/webdriver2/#endpoints
 * @param {string} driverUrl
 */
export function createWebDriver(driverUrl) {
  let session = '';
  const call = async (method, path, body) => {
    const response = await fetch(`${driverUrl}${path}`, {
      method,
      headers: HEADERS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const post = (path, body = {}) => call('POST', `${session}${path}`, body);
  return {
    isReady: async () => (await call('GET', '/status')).ready,
    startSession: async (alwaysMatch) => {
      session = '';
      const started = await post('/session', { capabilities: { alwaysMatch } });
      session = `/session/${started.sessionId}`;
      return started.capabilities;
    },
    endSession: () => call('DELETE', session),
    currentWindow: () => call('GET', `${session}/window`),
    openWindow: async () => (await post('/window/new', { type: 'window' })).handle,
    switchTo: (handle) => post('/window', { handle }),
    closeWindow: () => call('DELETE', `${session}/window`),
    goto: (url) => post('/url', { url }),
    reload: () => post('/refresh'),
    execute: async (script, argument) => {
      const { error, value } = await post('/execute/async', { script: asyncScript(script), args: [argument ?? null] });
      if (error !== undefined) throw new Error(error);
      return value;
    },
  };
}

function asyncScript(script) {
  return `const done = arguments[1];
    new Promise((resolve) => resolve((${script})(arguments[0]))).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
}
