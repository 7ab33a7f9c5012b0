/** The focused control within a node, and its selection. */
export function focusWithin(node) {
  const { activeElement: active } = document;
  if (!node.contains(active)) return null;
  return { key: keyOf(active), from: active.selectionStart, to: active.selectionEnd };
}

/** Gives the focus to the control of a new node that is like the one that had it. */
export function focusAgain(node, focus) {
  if (!focus) return;
  const found = [...node.querySelectorAll(focus.key.split(' ', 1)[0])].find((other) => keyOf(other) === focus.key);
  found?.focus({ preventScroll: true });
  if (focus.from != null) found?.setSelectionRange(focus.from, focus.to);
}

const keyOf = (node) => `${node.localName} ${node.id || node.getAttribute('aria-label') || node.textContent}`;
