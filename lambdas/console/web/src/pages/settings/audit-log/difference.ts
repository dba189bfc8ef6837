// What a change changed, as a person reads it: one line for each place whose value is another.

export interface Difference {
  at: string // the place: "match.types", "channel.headers.X-Token"
  before?: string
  after?: string
}

const deepest = 6

/** Says where two values differ, in the order of the later one. A list of plain values is one value. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [was, is] = [flat(before), flat(after)]
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((at) => {
    const [b, a] = [was.get(at), is.get(at)]
    return b === a ? [] : [{ at, before: b, after: a }]
  })
}

function flat(value: unknown, at = '', out = new Map<string, string>(), depth = 0): Map<string, string> {
  if (value === undefined || value === null) return out
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object' || v === null)) return out.set(at, value.length > 0 ? value.map(plain).join(', ') : 'none')
  if (typeof value !== 'object') return out.set(at, plain(value))
  if (depth >= deepest) return out.set(at, JSON.stringify(value))
  for (const [key, v] of Object.entries(value)) flat(v, at ? `${at}.${key}` : key, out, depth + 1)
  return out
}

function plain(v: unknown): string {
  if (typeof v === 'boolean') return v ? 'yes' : 'no'
  return v === '' ? 'empty' : String(v)
}
