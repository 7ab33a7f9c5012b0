/** OTLP's names of severities, by the first number of each range. */
export const SEVERITIES = [[1, 'Trace'], [5, 'Debug'], [9, 'Info'], [13, 'Warn'], [17, 'Error'], [21, 'Fatal']];

/** Converts a record of the API for the page; `time` is in microseconds since 1970. */
export function readRecord(json) {
  const nanos = BigInt(json.timeUnixNano ?? json.observedTimeUnixNano ?? 0);
  return {
    time: Number(nanos / 1000n) + Number(nanos % 1000n) / 1000,
    severity: json.severityNumber ?? 0,
    level: json.severityText || json.severity || '',
    service: json.service,
    text: json.text || json.eventName || '',
    traceId: json.traceId ?? '',
    spanId: json.spanId ?? '',
    fields: [
      ...(json.eventName ? [['event name', json.eventName]] : []),
      ...pairs(json.attributes),
      ...(json.scope?.name ? [['scope', json.scope.name]] : []),
      ...pairs(json.resource?.attributes),
    ],
  };
}

const pairs = (attributes = []) => attributes.map(({ key, value }) => [key, textOfValue(value)]);

/** The text of one of OTLP's values. */
export function textOfValue(value = {}) {
  if ('arrayValue' in value) return `[${(value.arrayValue.values ?? []).map(textOfValue).join(', ')}]`;
  if ('kvlistValue' in value) return `{${(value.kvlistValue.values ?? []).map((entry) => `${entry.key}: ${textOfValue(entry.value)}`).join(', ')}}`;
  return String(Object.values(value)[0] ?? '');
}

/** The name of a severity's range, in lower case; '' for none. */
export function rangeOf(severity) {
  const range = SEVERITIES.findLast(([least]) => severity >= least);
  return range ? range[1].toLowerCase() : '';
}

/** Returns true if a record passes a filter by severity and text. */
export function passes(record, { severity, text }) {
  const wanted = text.toLowerCase();
  return record.severity >= severity
    && (!wanted || [record.text, ...record.fields.flat()].some((part) => part.toLowerCase().includes(wanted)));
}
