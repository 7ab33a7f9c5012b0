/** The least value that so large a share of the sorted values does not exceed. */
export const percentile = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
