import { ERROR } from './columns.js';
import { formatDuration } from './format.js';
import { cssColour } from './palette.js';
import { SortableTable } from './sortable-table.js';
import { durationOf, hasFlag, kindOf, operationOf, serviceOf } from './span-text.js';

/** The spans as a table. */
export function spanTable(trace, { pick, selected }) {
  const { start, begin, duration, self, colours, service } = trace;
  return new SortableTable({
    label: 'Spans',
    sorted: 4,
    pick,
    selected,
    columns: [
      { title: 'Service', width: 'minmax(90px, 1fr)', text: (row) => serviceOf(trace, row), by: (row) => serviceOf(trace, row), cell: (cell, row) => mark(cell, cssColour(colours[service[row]])) },
      {
        title: 'Operation', width: 'minmax(120px, 2fr)', text: (row) => operationOf(trace, row).slice(0, 300), by: (row) => operationOf(trace, row),
        cell: (cell, row) => cell.classList.toggle('failed', hasFlag(trace, row, ERROR)),
      },
      { title: 'Kind', width: '90px', text: (row) => kindOf(trace, row), by: (row) => kindOf(trace, row) },
      { title: 'Start', width: '110px', numeric: true, text: (row) => formatDuration(start[row] - begin), by: (row) => start[row] },
      { title: 'Duration', width: '110px', numeric: true, text: (row) => durationOf(trace, row), by: (row) => duration[row] },
      { title: 'Self time', width: '110px', numeric: true, text: (row) => formatDuration(self[row]), by: (row) => self[row] },
      { title: 'Error', width: '72px', text: (row) => (hasFlag(trace, row, ERROR) ? 'error' : ''), by: (row) => (hasFlag(trace, row, ERROR) ? 0 : 1), cell: (cell) => cell.classList.add('failed') },
    ],
  });
}

/** Puts a service's colour before the text of a cell. */
export function mark(cell, colour) {
  cell.classList.add('marked');
  cell.style.setProperty('--c', colour);
}
