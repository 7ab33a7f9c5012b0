/**
 * Starts what takes longest, before any other script has come: the worker, and the trace that the
 * address names, the span that it names first. The worker reads that in its own address, since a
 * message would wait until the page has time to pass it on.
 */
const [, id = ''] = location.pathname.match(/\/trace\/(\w+)$/) ?? [];
const [, span] = location.search.match(/[?&]uiFind=([0-9a-f]{1,16})(?:&|$)/i) ?? [];
self.worker = new Worker(`static/worker.js#${id}${span ? `?first=${span}` : ''}`, { type: 'module' });
