/**
 * Arranges the services of a graph in layers, callers before callees: a list of lists of names. Edges
 * that close a cycle are ignored.
 */
export function layered(names, edges) {
  const callees = new Map(names.map((name) => [name, []]));
  for (const { parent, child } of edges) if (parent !== child) callees.get(parent).push(child);
  const order = topological(names, callees);
  const layer = new Map(names.map((name) => [name, 0]));
  const place = new Map(order.map((name, index) => [name, index]));
  for (const name of order) {
    for (const child of callees.get(name)) {
      if (place.get(child) > place.get(name)) layer.set(child, Math.max(layer.get(child), layer.get(name) + 1));
    }
  }
  return arranged(order, layer, edges);
}

/** Orders callers before callees, as far as cycles allow. */
function topological(names, callees) {
  const order = [];
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    callees.get(name).forEach(visit);
    order.unshift(name);
  };
  names.forEach(visit);
  return order;
}

/** Orders each layer by the mean position of its neighbours, several times, so that fewer edges cross. */
function arranged(order, layer, edges) {
  const layers = [];
  for (const name of order) (layers[layer.get(name)] ??= []).push(name);
  const place = new Map();
  const number = () => layers.forEach((names) => names.forEach((name, index) => place.set(name, (index + 0.5) / names.length)));
  const neighbours = new Map(order.map((name) => [name, []]));
  for (const { parent, child } of edges) {
    neighbours.get(parent).push(child);
    neighbours.get(child).push(parent);
  }
  number();
  for (let round = 0; round < 6; round++) {
    for (const names of layers) {
      const mean = new Map(names.map((name) => {
        const near = neighbours.get(name);
        return [name, near.length ? near.reduce((sum, other) => sum + place.get(other), 0) / near.length : place.get(name)];
      }));
      names.sort((a, b) => mean.get(a) - mean.get(b));
    }
    number();
  }
  return layers;
}
