/** The user's settings, kept in the browser for the next visit. */
const PREFIX = 'otel-backend.';

/** A setting, or `fallback` if there is none or storage is not allowed. */
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
    // Without storage the setting is lost.
  }
}
