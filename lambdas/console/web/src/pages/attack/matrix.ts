// The matrix of ATT&CK as this system has it: what its catalogue looks for, and what was seen.
import type { Schemas } from '../../api/client'
import { tactics } from '../../attack/tactics'
import { tacticsOf, techniqueName } from '../../attack/techniques'

export interface Cell {
  id: string
  name: string
  tactics: readonly string[]
  count: number // detections in the time, those of its sub-techniques too: they are what its list shows
  subs: number // its sub-techniques that were seen
  open: number
  score: number // the highest; 0 where nothing was seen
  types: string[] // titles of the types that look for it and are switched on
  off: number // types that look for it and are switched off
}

export interface Column {
  id: string // of the tactic; empty: of techniques whose tactic is not known here
  name: string
  cells: Cell[]
  seen: number // cells with detections
}

export type Which = 'seen' | 'covered'

/** What was seen of a technique together with its sub-techniques. Those of one detection may be several: it is no sum. */
export interface Seen {
  id: string
  count: number
  open: number
}

type Group = Pick<Schemas['Group'], 'key' | 'count' | 'open' | 'max_score'>
type Type = Pick<Schemas['DetectionType'], 'title' | 'techniques' | 'enabled'>

const isOf = (parent: string) => (g: Group) => g.key.startsWith(`${parent}.`)

/** The techniques of a cell of their own of which sub-techniques were seen: what they are together, the groups do not say. */
export function parentsOf(groups: readonly Group[], types: readonly Type[]): string[] {
  const ids = [...types.flatMap((t) => t.techniques), ...groups.map((g) => g.key)]
  return [...new Set(ids)].filter((id) => id !== '' && groups.some(isOf(id)))
}

/** Every technique that was seen or that a type looks for. */
export function cellsOf(groups: readonly Group[], types: readonly Type[], together: readonly Seen[] = []): Cell[] {
  const cells = new Map<string, Cell>()
  const cell = (id: string): Cell => {
    const have = cells.get(id) ?? { id, name: techniqueName(id), tactics: tacticsOf(id), count: 0, subs: 0, open: 0, score: 0, types: [], off: 0 }
    cells.set(id, have)
    return have
  }
  for (const t of types) {
    for (const id of t.techniques) {
      const c = cell(id)
      if (t.enabled) c.types.push(t.title)
      else c.off++
    }
  }
  for (const g of groups) if (g.key) Object.assign(cell(g.key), { count: g.count, open: g.open, score: g.max_score })
  for (const { id, count, open } of together) {
    const subs = groups.filter(isOf(id))
    const c = cell(id)
    Object.assign(c, { count, open, subs: subs.length, score: Math.max(c.score, ...subs.map((g) => g.max_score)) })
  }
  return [...cells.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) // a sub-technique comes behind its parent
}

/** Cells under their tactics, in the order of an attack. A technique that serves several stands under each; a tactic with none is left out. What was seen comes first, the worst on top. */
export function matrix(cells: readonly Cell[], which: Which): Column[] {
  const shown = which === 'seen' ? cells.filter((c) => c.count > 0) : cells
  const columns = [...tactics, { id: '', name: 'Tactic not known' }].map(({ id, name }) => {
    const mine = shown.filter((c) => (id === '' ? c.tactics.length === 0 : c.tactics.includes(id)))
    mine.sort((a, b) => b.score - a.score || b.count - a.count) // stable: what is quiet stays in the order of its ids
    return { id, name, cells: mine, seen: mine.filter((c) => c.count > 0).length }
  })
  return columns.filter((c) => c.cells.length > 0)
}

/** A place in the matrix. */
export interface Place {
  column: number
  row: number
}

/** Where an arrow leads: up and down within a column, left and right to the same row, or the last that there is. Undefined: nowhere. */
export function moved(columns: readonly Column[], at: Place, key: string): Place | undefined {
  const rows = (c: number) => columns[c]?.cells.length ?? 0
  const to = (column: number, row: number) => (column >= 0 && column < columns.length ? { column, row: Math.max(0, Math.min(row, rows(column) - 1)) } : undefined)
  switch (key) {
    case 'ArrowDown': return to(at.column, at.row + 1)
    case 'ArrowUp': return to(at.column, at.row - 1)
    case 'ArrowRight': return to(at.column + 1, at.row)
    case 'ArrowLeft': return to(at.column - 1, at.row)
    case 'Home': return to(0, 0)
    case 'End': return to(columns.length - 1, rows(columns.length - 1) - 1)
    default: return undefined
  }
}

/** What a cell says in words. */
export function cellText(c: Cell, detections: (n: number) => string): string {
  const seen = c.count === 0 ? 'nothing seen' : `${detections(c.count)}, ${c.open} open, highest risk ${c.score}`
  const looks = c.types.length > 0 ? `looked for by ${c.types.slice(0, 3).join(', ')}${c.types.length > 3 ? ` and ${c.types.length - 3} more` : ''}` : c.off > 0 ? 'what looks for it is switched off' : 'no type of the catalogue looks for it'
  return `${c.id} ${c.name === c.id ? '' : c.name}${c.subs > 0 ? ', with its sub-techniques' : ''}: ${seen}; ${looks}`
}
