import { CRITICAL, ERROR } from './columns.js';

/** The keys of a trace's page, and the signs of its timeline, for the dialog that explains them. */
export function traceShortcuts({ views, turnTo, level, zoom, escape, nextError, finder, filter }) {
  return [
    ['Spans', [
      ['ArrowUp ArrowDown k j', 'Previous, next'],
      ['ArrowLeft ArrowRight', 'Collapse / go to parent, expand / go to first child'],
      ['PageUp PageDown', 'A page up, down'],
      ['Home End', 'First, last'],
      ['Enter', 'Show, hide the details'],
      ['Escape', 'Close the details', escape],
      ['[ ]', 'Collapse, expand one level', ({ key }) => level(key === '[' ? 'collapseLevel' : 'expandLevel')],
      ['{ }', 'Collapse, expand all', ({ key }) => level(key === '{' ? 'collapseAll' : 'expandAll')],
    ]],
    ['Find and filter', [
      ['/', 'Find in the trace', () => finder.focus()],
      ['n N', 'Next, previous match', ({ key }) => finder.step(key === 'n' ? 1 : -1)],
      ['e', 'Only errors', () => filter.toggle(ERROR)],
      ['E', 'Next error', nextError],
      ['c', 'Only the critical path', () => filter.toggle(CRITICAL)],
    ]],
    ['Time', [
      ['+ -', 'Zoom in, out', ({ key }) => zoom((range) => range.zoom(key === '+' ? 0.5 : 2))],
      ['a d', 'Earlier, later', ({ key }) => zoom((range) => range.pan(key === 'a' ? -0.2 : 0.2))],
      ['0', 'The whole trace', () => zoom((range) => range.reset())],
    ]],
    ['Views', [['1 2 3 4 5', views.join(', '), ({ key }) => turnTo(key)]]],
    ['Signs in the timeline', [
      ['━', 'Critical path: the trace waited for that span'], ['●', 'Event'], ['!', 'Error, or something odd'],
      ['↘ ↗', 'Server, client'], ['⇢ ⇠', 'Producer, consumer'], ['×8', 'Spans that are alike'],
    ]],
  ];
}
