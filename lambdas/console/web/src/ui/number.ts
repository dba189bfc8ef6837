// Numbers as a person reads them.

const si = ['', 'k', 'M', 'G', 'T', 'P']

/** 1,234,567: every digit. */
export const digits = (n: number): string => n.toLocaleString('en')

/** Writes bytes as 1.2 MB, in powers of ten as networks count. */
export function bytes(n: number): string {
  if (n < 999.5) return `${Math.round(n)} B`
  const [value, step] = scaled(n)
  return `${value} ${si[step]}B`
}

/** Writes a count short: 950, 12.3k, 4.5M. */
export function short(n: number): string {
  if (Math.abs(n) < 1000) return Number.isInteger(n) ? String(n) : n.toFixed(1)
  const [value, step] = scaled(n)
  return `${value}${si[step]}`
}

function scaled(n: number): [string, number] {
  let step = Math.min(si.length - 1, Math.floor(Math.log10(Math.abs(n)) / 3))
  if (Math.abs(n) / 1000 ** step >= 999.5 && step < si.length - 1) step++ // it would be rounded to 1000
  const v = n / 1000 ** step
  return [Math.abs(v) >= 100 ? v.toFixed(0) : v.toFixed(1), step]
}

/** "1 detection", "2 detections". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${digits(n)} ${n === 1 ? one : many}`
