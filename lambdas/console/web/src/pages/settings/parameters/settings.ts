// The parameter detector_settings: lines TYPE.TUNABLE=VALUE, of which a form shows those of one detector.
import type { Problem } from '../../../api/client'
import type { DetectionType } from '../../../api/names'

/** What a form holds of a detector. */
export interface Setting {
  enabled: boolean
  values: Record<string, string>
}

export const settingOf = (t: DetectionType): Setting => ({ enabled: t.enabled, values: Object.fromEntries(t.tunables.map((u) => [u.name, u.value])) })

/** The tunables of a detector that are not as by default. */
export const changedOf = (t: DetectionType) => t.tunables.filter((u) => u.value !== u.default)

/** Puts a detector's settings into the lines of all: what is as by default has no line, and the lines of other detectors stay as they are. */
export function linesWith(lines: readonly string[], t: DetectionType, s: Setting): string[] {
  const own = t.tunables.flatMap((u) => {
    const value = (s.values[u.name] ?? u.value).trim()
    return value === u.default ? [] : [`${t.type}.${u.name}=${value}`]
  })
  if (!s.enabled) own.unshift(`${t.type}.enabled=false`)
  return [...lines.filter((l) => typeOf(l) !== t.type), ...own]
}

/** The type that a line is about: all before the last dot before its "=". */
export function typeOf(line: string): string {
  const path = line.slice(0, line.includes('=') ? line.indexOf('=') : undefined).trim()
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

/** What the API refuses of a detector's settings, by tunable; under "" what is of none of them. */
export function refusedOf(p: Problem | undefined, t: DetectionType, lines: readonly string[]): Record<string, string> {
  if (!p) return {}
  if (p.errors.length === 0) return { '': p.message }
  const out: Record<string, string> = {}
  for (const e of p.errors) {
    const place = /^values\.(\d+)/.exec(e.field)?.[1]
    const line = place !== undefined ? (lines[Number(place)] ?? '') : e.value
    const name = typeOf(line) === t.type ? line.slice(t.type.length + 1, line.indexOf('=')) : ''
    const known = t.tunables.some((u) => u.name === name) ? name : ''
    out[known] = known ? e.allowed : `${e.value ? `“${e.value}”: ` : ''}${e.allowed}`
  }
  return out
}
