/** The fewest spans in both windows with which an operation is compared. */
const LEAST_SPANS = 5;
/**
 * The factor by which a p95 must grow to count as slower; quantiles are estimates within a power of
 * two.
 */
const SLOWER = 1.5;
/** The difference and the factor by which the share of failures must grow to be reported. */
const MORE_ERRORS = { share: 0.02, factor: 1.5 };

/**
 * The differences between a service's operations and those of the previous window: `{ kind, operation
 * }`, the greatest change of each kind first. Kinds are 'slower', 'errors', 'new' and 'gone'.
 */
export function changesOf(operations) {
  if (!operations.some(({ before }) => before.count > 0)) return [];
  const kinds = [
    ['errors', hasMoreErrors, ({ now, before }) => shareOf(now) - shareOf(before)],
    ['slower', isSlower, ({ now, before }) => now.p95 / before.p95],
    ['new', ({ now, before }) => now.count > 0 && before.count === 0, ({ now }) => now.count],
    ['gone', ({ now, before }) => now.count === 0 && before.count > 0, ({ before }) => before.count],
  ];
  return kinds.flatMap(([kind, holds, weight]) => operations.filter(holds)
    .sort((a, b) => weight(b) - weight(a))
    .map((operation) => ({ kind, operation })));
}

export const shareOf = ({ errors, count }) => (count ? errors / count : 0);

const isCompared = ({ now, before }) => now.count >= LEAST_SPANS && before.count >= LEAST_SPANS;

const isSlower = (operation) => isCompared(operation) && operation.now.p95 >= SLOWER * operation.before.p95;

function hasMoreErrors(operation) {
  const [now, before] = [shareOf(operation.now), shareOf(operation.before)];
  return isCompared(operation) && now - before >= MORE_ERRORS.share && now >= MORE_ERRORS.factor * before;
}
