/** Before printing, lays out a trace for paper. */
export function startPrinting(waterfall, signal) {
  const set = (isPrinted) => {
    document.documentElement.classList.toggle('printed', isPrinted);
    if (waterfall.node.isConnected) waterfall.refresh();
  };
  addEventListener('beforeprint', () => set(true), { signal });
  addEventListener('afterprint', () => set(false), { signal });
}
