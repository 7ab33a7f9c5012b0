/** More rows than this would be a book. */
const MAX_ROWS = 3000;

/** Before it is printed, a trace has all its rows, laid out for paper. */
export function startPrinting(waterfall, signal) {
  const set = (isPrinted) => {
    document.documentElement.classList.toggle('printed', isPrinted);
    if (waterfall.node.isConnected) waterfall.showAll(isPrinted ? MAX_ROWS : null);
  };
  addEventListener('beforeprint', () => set(true), { signal });
  addEventListener('afterprint', () => set(false), { signal });
}
