// What a browser remembers between visits: how somebody likes to see things, and never what was seen.
const prefix = 'mirrorwatch.'

/** Gives what was remembered; undefined where nothing was, or where the browser keeps nothing. */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined
  } catch {
    return undefined
  }
}

export function remember(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, value)
  } catch {
    // A browser that keeps nothing shows the defaults next time.
  }
}
