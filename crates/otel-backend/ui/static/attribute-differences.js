/**
 * The attributes whose values are spread differently among the spans of two sides, the most telling
 * first: `{ key, inA, inB }`, where the sides are `[value, count]`, the most frequent first.
 *
 * A side is a list of spans, a span a list of `[key, value]`. How different an attribute is, from 0 to 1,
 * is the share of spans that would have to change their value; one with another value in nearly every
 * span, such as an id, tells little and comes last.
 */
export function differences(spansA, spansB) {
  const [a, b] = [spread(spansA), spread(spansB)];
  const found = [...new Set([...a.keys(), ...b.keys()])].map((key) => {
    const [inA, inB] = [a, b].map((side) => side.get(key) ?? new Map());
    return { key, distance: distance(inA, spansA.length, inB, spansB.length), values: new Set([...inA.keys(), ...inB.keys()]).size, inA: ordered(inA), inB: ordered(inB) };
  });
  return found.filter((one) => one.distance > 0.001).sort((x, y) => y.distance / y.values - x.distance / x.values)
    .map(({ key, inA, inB }) => ({ key, inA, inB }));
}

/** How many spans carry each value, by key. A key that a span carries twice counts with its first value. */
function spread(spans) {
  const keys = new Map();
  for (const tags of spans) {
    for (const [key, value] of new Map([...tags].reverse())) {
      if (!keys.has(key)) keys.set(key, new Map());
      const values = keys.get(key);
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return keys;
}

/** Half of what the shares differ by in all, spans without the attribute included. */
function distance(inA, spansA, inB, spansB) {
  let sum = 0;
  let rest = 0;
  for (const value of new Set([...inA.keys(), ...inB.keys()])) {
    const by = (inA.get(value) ?? 0) / spansA - (inB.get(value) ?? 0) / spansB;
    sum += Math.abs(by);
    rest += by;
  }
  return (sum + Math.abs(rest)) / 2;
}

const ordered = (values) => [...values].sort(([, a], [, b]) => b - a);
