/** The smallest of the sorted values that at least this fraction of them does not exceed. */
export const percentile = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
