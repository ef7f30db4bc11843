import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The packages that are published, as `{ folder, directory, manifest }`. */
export function publishedPackages() {
  return readdirSync(`${root}packages`)
    .map((folder) => ({ folder, directory: `${root}packages/${folder}` }))
    .filter(({ directory }) => existsSync(`${directory}/package.json`))
    .map((place) => ({ ...place, manifest: JSON.parse(readFileSync(`${place.directory}/package.json`, 'utf8')) }))
    .filter(({ manifest }) => !manifest.private);
}

/** Whether an entry of `exports` states this condition, e.g. `types` or `require`. */
export const hasCondition = ({ manifest }, condition) => JSON.stringify(manifest.exports ?? '').includes(`"${condition}":`);
