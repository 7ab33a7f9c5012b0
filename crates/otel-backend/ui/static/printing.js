/** The most rows that are printed. */
const MAX_ROWS = 3000;

/** Before printing, renders all rows of a trace in a layout for paper. */
export function startPrinting(waterfall, signal) {
  const set = (isPrinted) => {
    document.documentElement.classList.toggle('printed', isPrinted);
    if (waterfall.node.isConnected) waterfall.showAll(isPrinted ? MAX_ROWS : null);
  };
  addEventListener('beforeprint', () => set(true), { signal });
  addEventListener('afterprint', () => set(false), { signal });
}
