/**
 * The attributes whose values are distributed differently among the spans of two sides, most different
 * first: `{ key, inA, inB }`, where the sides are `[value, count]`, most frequent first.
 *
 * A side is a list of spans, a span a list of `[key, value]`. The difference of an attribute, from 0
 * to 1, is the fraction of spans that would have to change their value; an attribute with another
 * value in nearly every span, such as an id, is not informative and comes last.
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

/** The number of spans with each value, by key. If a span has a key twice, its first value counts. */
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

/** Half of the sum of the differences of the shares, including spans without the attribute. */
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
