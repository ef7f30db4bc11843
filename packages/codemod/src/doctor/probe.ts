import type { Finding } from './finding.ts';

const TIMEOUT_MS = 5000;
const DSN = /^(https?):\/\/([\w.~-]+)(?::[^@/?#\s]*)?@([^/?#\s]+)((?:\/[^/?#\s]+)*)\/([\w.~-]+)$/i;

/** Sends the backend an envelope without anything in it that would be kept: a client report that reports nothing. */
export async function probeDsn(dsn: string, now = new Date()): Promise<Finding> {
  const parts = DSN.exec(dsn.trim());
  if (parts === null)
    return { level: 'problem', text: `The DSN ${JSON.stringify(dsn)} is none.`, fix: 'It reads https://<key>@<host>/<project>.' };
  const [, protocol, key, host, path, project] = parts;
  const url = `${protocol}://${host}${path}/api/${project}/envelope/`;
  const report = JSON.stringify({ timestamp: now.getTime() / 1000, discarded_events: [] });
  try {
    const { status, statusText } = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-sentry-envelope',
        'X-Sentry-Auth': `Sentry sentry_version=7, sentry_client=spanstream.doctor, sentry_key=${key}`,
      },
      body: `${JSON.stringify({ sent_at: now.toISOString() })}\n{"type":"client_report"}\n${report}\n`,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return ofStatus(url, status, statusText);
  } catch (error) {
    return {
      level: 'problem',
      text: `No answer from ${url}: ${reasonOf(error)}.`,
      fix: 'Check the host, the network and the proxy variables (https_proxy, no_proxy) of this machine.',
    };
  }
}

function ofStatus(url: string, status: number, statusText: string): Finding {
  if (status >= 200 && status < 300) return { level: 'ok', text: `${url} takes envelopes (${status}).` };
  const text = `${url} answers ${status}${statusText === '' ? '' : ` ${statusText}`}.`;
  if (status === 401 || status === 403)
    return { level: 'problem', text, fix: 'The key is not accepted: copy the DSN again from the project.' };
  if (status === 404)
    return { level: 'problem', text, fix: 'There is no such project: check the path and the number at the end of the DSN.' };
  if (status === 429) return { level: 'note', text, fix: 'It limits this project now; the SDK will wait as long as it is told to.' };
  if (status >= 500) return { level: 'problem', text, fix: 'The backend has a fault of its own; the SDK keeps trying for 30 s.' };
  return { level: 'problem', text, fix: 'Is this an ingestion server? A tunnel needs the option tunnel instead.' };
}

/** The innermost reason: `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
}
