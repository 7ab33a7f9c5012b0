import { tempoUrl } from './route.js';

/** Tags whose values are offered, too; the values of others are asked for when their name is typed. */
const FIRST = [['error', 'true']];

/** The names of all tags, as `[name, '']`, or `null` where the API does not tell them. */
export async function knownTags() {
  const body = await ask('v2/search/tags?limit=1000');
  if (!body) return null;
  const names = (body.scopes ?? []).filter(({ name }) => name === 'span' || name === 'resource').flatMap(({ tags }) => tags ?? []);
  return [...FIRST, ...[...new Set(names)].filter((name) => name !== 'service.name').sort().map((name) => [name, ''])];
}

/** Some of the values of a tag. */
export async function valuesOf(name) {
  for (const scope of ['span', 'resource']) {
    const body = await ask(`v2/search/tag/${scope}.${encodeURIComponent(name)}/values?limit=50`);
    const values = (body?.tagValues ?? []).map(({ value }) => String(value));
    if (values.length) return values;
  }
  return [];
}

async function ask(path) {
  try {
    const response = await fetch(tempoUrl(path), { headers: { accept: 'application/json' } });
    return response.ok && response.headers.get('content-type')?.includes('json') ? await response.json() : null;
  } catch {
    return null;
  }
}
