/**
 * Starts what takes longest, before any other script has come: the worker, and the trace that the
 * address names. The worker reads that in its own address, since a message would wait until the page
 * has time to pass it on.
 */
const [, id = ''] = location.pathname.match(/\/trace\/(\w+)$/) ?? [];
self.worker = new Worker(`static/worker.js#${id}`, { type: 'module' });
