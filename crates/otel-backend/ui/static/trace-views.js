import { EventTable } from './event-table.js';
import { FlameGraph } from './flame-graph.js';
import { spanTable } from './span-table.js';
import { Statistics } from './statistics.js';

/**
 * A view of a trace other than its timeline: `{ node, set(rows), mark?(matches, current), redraw?(),
 * destroy?() }`. `on` receives the user's actions: `select(row)`, `showOperation(service, operation)`;
 * `isSelected(row)` is a query.
 */
export function show(name, trace, on, signal) {
  switch (name) {
    case 'flame': return new FlameGraph(trace, signal);
    case 'table': return spanTable(trace, { pick: on.select, selected: on.isSelected });
    case 'statistics': return new Statistics(trace, on.showOperation);
    default: return new EventTable(trace, on.select);
  }
}
