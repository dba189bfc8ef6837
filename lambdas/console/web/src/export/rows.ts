// Rows of a page as a file: for what the page itself has worked out, and the server has no export of.

export type Cell = string | number | undefined

/** Writes rows as CSV. A text that a spreadsheet would take for a formula gets an apostrophe before it, for it may have come off the wire. */
export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((r) => r.map(cell).join(',')).join('\r\n') + '\r\n'
}

function cell(c: Cell): string {
  if (typeof c === 'number') return Number.isFinite(c) ? String(c) : ''
  const text = (c ?? '').replaceAll('\u0000', '')
  const safe = /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Hands a text to the browser as a file. */
export function saveText(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** A file's name with the time in it: "activity-map-20261126T1305Z.csv". */
export const fileName = (what: string, at: number): string => `${what}-${new Date(at).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z.csv`
