// Looks for what would keep people out. Returns a sentence for each problem found.
const problems = [];
const describe = (node) => `<${node.localName}${node.className && typeof node.className === 'string' ? ` class="${node.className}"` : ''}> ${node.textContent.trim().slice(0, 40)}`;

/** [red, green, blue, alpha], each up to 1. */
function parse(colour) {
  const numbers = colour.match(/[\d.]+%?/g).map(Number);
  const scale = colour.startsWith('color(') ? 1 : 255;
  const [red, green, blue, alpha = 1] = numbers;
  return [red / scale, green / scale, blue / scale, alpha];
}
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));

function luminance(colour) {
  const [red, green, blue] = colour.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** What lies behind the middle of a box: the colours of the ancestors that reach so far. */
function ground(node, box) {
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const layers = [];
  for (let at = node; at; at = at.parentElement) {
    const { left, right, top, bottom } = at.getBoundingClientRect();
    if (x < left || x > right || y < top || y > bottom) continue;
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [1, 1, 1];
  return layers.reduceRight((below, layer) => over(layer, below), canvas);
}

/** Text needs 4.5:1, large text 3:1; that of controls that are off needs none. */
function checkContrast() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || node.closest('noscript, option, :disabled, title')) continue;
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    range.selectNodeContents(texts.currentNode);
    const box = range.getBoundingClientRect();
    if (box.width === 0 || box.bottom < 0 || box.top > innerHeight) continue;
    const style = getComputedStyle(node);
    const behind = ground(node, box);
    const ink = over(parse(node.closest('svg') ? style.fill : style.color), behind);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const found = contrast(ink, behind);
    if (found < wanted) problems.push(`contrast ${found.toFixed(2)} of ${wanted}: ${describe(node)}`);
  }
}

function checkReferences() {
  const ids = new Set();
  for (const node of document.querySelectorAll('[id]')) {
    if (ids.has(node.id)) problems.push(`the id ${node.id} is there twice`);
    ids.add(node.id);
  }
  for (const name of ['aria-controls', 'aria-labelledby', 'aria-activedescendant', 'for']) {
    for (const node of document.querySelectorAll(`[${name}]`)) {
      if (!ids.has(node.getAttribute(name))) problems.push(`${name} leads nowhere: ${describe(node)}`);
    }
  }
}

/** A role that stands only within another. */
const WITHIN = {
  tab: '[role="tablist"]', treeitem: '[role="tree"]', gridcell: '[role="row"]', columnheader: '[role="row"]',
  cell: '[role="row"]', row: '[role="grid"], [role="table"]', listitem: '[role="list"]', option: 'select, datalist, [role="listbox"]',
};

function checkStructure() {
  for (const [role, within] of Object.entries(WITHIN)) {
    for (const node of document.querySelectorAll(`[role="${role}"]`)) {
      if (!node.parentElement.closest(within)) problems.push(`a ${role} outside of ${within}: ${describe(node)}`);
    }
  }
  for (const node of document.querySelectorAll('[tabindex]')) {
    if (node.tabIndex > 0) problems.push(`tabindex ${node.tabIndex} breaks the order: ${describe(node)}`);
  }
  for (const landmark of ['header', 'nav', 'main']) {
    if (document.querySelectorAll(landmark).length < 1) problems.push(`no ${landmark}`);
  }
  if (!document.documentElement.lang) problems.push('no language');
  if (!document.title) problems.push('no title');
  if (document.documentElement.scrollWidth > innerWidth) problems.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
}

/** What a click acts on is reached by Tab, or belongs to a composite that is. */
function checkReach() {
  for (const node of document.querySelectorAll('a[href], button, input, select, summary')) {
    if (!node.checkVisibility({ visibilityProperty: true }) || node.disabled || node.tabIndex >= 0) continue;
    if (!node.closest('[role="tablist"], [role="tree"], [role="grid"], [role="menu"], [inert]')) problems.push(`not reached by Tab: ${describe(node)}`);
  }
}

/** The words of a text, without signs and without what stands in parentheses. */
const wordsOf = (text) => text.normalize('NFKD').toLowerCase().replace(/\([^()]*\)/g, '').match(/[\p{L}\p{N}]+/gu) ?? [];

/** The text that is seen, as it stands in the document. */
const seen = (node) => [...node.childNodes].map((child) => (child.nodeType === Node.TEXT_NODE ? child.data : child.checkVisibility?.({ visibilityProperty: true }) ? seen(child) : '')).join('');

/** Those who speak to the page say what a control shows, so its name contains these words in their order. */
function checkNames() {
  for (const node of document.querySelectorAll('[aria-label]:is(a, button, summary, [role="treeitem"], [role="tab"], [role="menuitem"], [role="option"])')) {
    if (!node.checkVisibility({ visibilityProperty: true })) continue;
    const [words, name] = [wordsOf(seen(node)), wordsOf(node.getAttribute('aria-label'))];
    if (words.length && !` ${name.join(' ')} `.includes(` ${words.join(' ')} `)) problems.push(`the name ${node.getAttribute('aria-label').slice(0, 80)} does not contain what is shown: ${describe(node)}`);
  }
}

/** What scrolls is reached by Tab, or something in it is, so that the keyboard scrolls it. */
function checkScrolling() {
  for (const node of document.querySelectorAll('body *')) {
    const { overflowX, overflowY } = getComputedStyle(node);
    const scrolls = (/auto|scroll/.test(overflowY) && node.scrollHeight > node.clientHeight + 14) || (/auto|scroll/.test(overflowX) && node.scrollWidth > node.clientWidth + 14);
    if (!scrolls || node.localName === 'textarea' || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.tabIndex < 0 && ![...node.querySelectorAll('a[href], button, input, select, [tabindex]')].some(({ tabIndex }) => tabIndex >= 0)) problems.push(`scrolled only by pointer: ${describe(node)}`);
  }
}

/** All content is within a landmark, through which screen readers move. */
function checkLandmarks() {
  for (const node of document.body.children) {
    if (node.matches('header, main, nav, dialog, script, noscript, [role="status"]') || !node.checkVisibility()) continue;
    problems.push(`outside of all landmarks: ${describe(node)}`);
  }
}

checkContrast();
checkNames();
checkScrolling();
checkLandmarks();
checkReferences();
checkStructure();
checkReach();
return problems;
