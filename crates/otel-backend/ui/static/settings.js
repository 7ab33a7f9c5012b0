/** What a person has set, kept by the browser for the next visit. */
const PREFIX = 'otel-backend.';

/** A setting, or `fallback` where there is none or none may be kept. */
export function setting(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function keepSetting(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing forgets this, too.
  }
}
