// Opens the page of browser.js in Chromium and prints its text: page.js PROTOCOL ADDRESS.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { promisify } from 'node:util';

const HTML = '<!doctype html><meta charset="utf-8"><body></body><script type="module" src="/client.js"></script>';
const script = await readFile(new URL('bundle/browser.js', import.meta.url));

const server = createServer(({ url }, answer) => {
  const isScript = url === '/client.js';
  answer.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  answer.end(isScript ? script : HTML);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const [protocol, address] = process.argv.slice(2);
const page = `http://127.0.0.1:${server.address().port}/?${new URLSearchParams({ protocol, address })}`;
// The time of the page stands still while it waits for an answer.
const options = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=10000', '--dump-dom', page];
const { stdout } = await promisify(execFile)(process.env.CHROMIUM ?? 'chromium', options);
server.close();
console.log(stdout);
if (!stdout.includes('\nsent\n')) process.exitCode = 1;
