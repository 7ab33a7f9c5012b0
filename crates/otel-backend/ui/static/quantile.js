/**
 * A quantile as TraceQL computes it, from the buckets `[bound, count]` of a histogram, ascending. It is
 * exact on a bound; inside a bucket, the logarithms of the values are taken to be evenly spread. Zero if
 * there are no values.
 */
export function quantileOf(buckets, share) {
  const wanted = Math.max(1, Math.ceil(share * buckets.reduce((sum, [, count]) => sum + count, 0)));
  let before = 0;
  let lower = null;
  for (const [upper, count] of buckets.filter(([, count]) => count > 0)) {
    if (before + count >= wanted) {
      lower ??= upper / 2;
      return lower * (upper / lower) ** ((wanted - before) / count);
    }
    before += count;
    lower = upper;
  }
  return 0;
}
