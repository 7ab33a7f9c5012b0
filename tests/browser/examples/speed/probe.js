// Runs in the page before its own scripts, and looks on.
(() => {
  const ROW = '.row[role="treeitem"], .span-row';
  const speed = { firstRow: 0, whole: 0, stood: 0, tasks: [], took: null };
  window.speed = speed;

  speed.rows = () => [...document.querySelectorAll(ROW)];
  const inView = (node) => {
    const { top, bottom, width } = node.getBoundingClientRect();
    return width > 0 && bottom > 0 && top < innerHeight && node.textContent.trim() !== '';
  };
  speed.shows = (selector) => [...document.querySelectorAll(selector)].some(inView);

  /** Calls with the time after the paint of the present frame; to be called before that paint. */
  const afterPaint = (done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  };
  const whenShown = (test, done) => {
    const look = () => (test() ? afterPaint(done) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  };

  whenShown(() => speed.rows().some(inView), (now) => { speed.firstRow = now; });
  whenShown(() => speed.rows().some((row) => inView(row) && !row.closest('[aria-busy="true"]')), (now) => { speed.whole = now; });

  // The span that a deep link names, here and in Jaeger UI.
  whenShown(() => speed.shows('.row.selected, .span-row.is-matching-filter'), (now) => { speed.opened ??= now; });

  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) speed.tasks.push([startTime, startTime + duration]);
  }).observe({ type: 'longtask', buffered: true });

  /** Measures from the next input to the paint that makes `test` true. */
  speed.measure = (test) => {
    speed.took = null;
    let begun = 0;
    const begin = (event) => {
      if (begun) return;
      begun = event.timeStamp;
      whenShown(test, (now) => { speed.took = now - begun; });
    };
    for (const type of ['input', 'pointerup', 'click', 'keydown']) addEventListener(type, begin, { capture: true, once: true });
  };

  /** Whether list, charts and heat map of the search page follow the query. */
  speed.stands = () => document.querySelector('.list')?.getAttribute('aria-busy') === 'false' && document.querySelector('.over-time:not(.blank)') !== null;
  whenShown(() => speed.stands(), (now) => { speed.stood = now; });

  /** Whether no long task has been under way for half a second. */
  speed.isIdle = () => speed.whole + speed.stood > 0 && performance.now() - Math.max(speed.whole, speed.stood, ...speed.tasks.map(([, end]) => end)) > 500;

  speed.load = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
      paint: paint?.startTime ?? 0,
      row: speed.firstRow,
      whole: speed.whole,
      idle: Math.max(speed.whole, ...speed.tasks.map(([, end]) => end)),
      blocked: speed.tasks.reduce((sum, [start, end]) => sum + end - start - 50, 0),
      nodes: document.getElementsByTagName('*').length,
      bytes: files.filter(({ name }) => !name.includes('/api/')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  };
})();
