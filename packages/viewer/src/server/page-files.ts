import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { answerBytes } from './answer.ts';

/** Where the built page lies: beside the built server, or from the sources in the package's dist. */
const FOLDERS = ['./page/', '../../dist/page/'];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.md': 'text/plain; charset=utf-8',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers with a file of the page; false when there is none of that path. */
export async function answerPage(pathname: string, response: ServerResponse): Promise<boolean> {
  const name = pathname === '/' || /^\/traces?(\/[0-9a-f]{32})?$/.test(pathname) ? 'index.html' : pathname.slice(1);
  const type = TYPES[extname(name)];
  if (type === undefined || !/^[\w-]+(\/[\w-]+)?(\.[\w-]+)+$/.test(name)) return false;
  const bytes = await readPageFile(name);
  if (bytes === undefined) {
    if (name !== 'index.html') return false;
    answerBytes(
      response,
      503,
      'text/plain; charset=utf-8',
      Buffer.from('The page is not built; run the build of @spanstream/viewer. The JSON API works.\n'),
    );
    return true;
  }
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', name.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache');
  answerBytes(response, 200, type, bytes);
  return true;
}

async function readPageFile(name: string): Promise<Uint8Array | undefined> {
  for (const folder of FOLDERS) {
    try {
      return await readFile(new URL(folder + name, import.meta.url));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
