// A page: ?protocol=PROTOCOL&address=ADDRESS. What it prints stands in its text.

import { EXPORTERS, send } from './trace.js';

const parameters = new URLSearchParams(location.search);
const [protocol, address] = ['protocol', 'address'].map((name) => parameters.get(name));
const print = (text) => document.body.append(`\n${text}\n`);
try {
  await send('client-browser', protocol, EXPORTERS[protocol](address), print);
  print('sent');
} catch (error) {
  print(`failed: ${error}`);
}
