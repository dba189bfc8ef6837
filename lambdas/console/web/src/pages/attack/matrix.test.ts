import { expect, test } from 'vitest'
import { counted } from '../../ui/number'
import { cellsOf, cellText, matrix, moved, parentsOf } from './matrix'

const group = (key: string, count: number, max_score: number) => ({ key, count, open: count - 1, max_score })
const types = [
  { title: 'SSH brute force', techniques: ['T1110.001'], enabled: true },
  { title: 'LLMNR poisoning', techniques: ['T1557.001'], enabled: true },
  { title: 'Port scan', techniques: ['T1046'], enabled: false },
]
const cells = cellsOf([group('T1110.001', 8, 93), group('T1110', 2, 40), group('T9999', 1, 20), group('', 5, 10)], types)

test('what was seen and what is looked for are both there, sub-techniques behind their parents', () => {
  expect(cells.map((c) => [c.id, c.count, c.score, c.types.length, c.off])).toEqual([
    ['T1046', 0, 0, 0, 1], ['T1110', 2, 40, 0, 0], ['T1110.001', 8, 93, 1, 0], ['T1557.001', 0, 0, 1, 0], ['T9999', 1, 20, 0, 0],
  ])
})

test('a technique counts with its sub-techniques, as its list has them', () => {
  const groups = [group('T1110.001', 8, 93), group('T1110', 2, 40), group('T1110.003', 1, 50)]
  expect(parentsOf(groups, [{ techniques: ['T1110', 'T1557.001'] }].map((t) => ({ ...t, title: 'x', enabled: true })))).toEqual(['T1110'])
  const cell = cellsOf(groups, types, [{ id: 'T1110', count: 9, open: 4 }]).find((c) => c.id === 'T1110')
  expect(cell).toMatchObject({ count: 9, open: 4, score: 93, subs: 2 })
  expect(cell && cellText(cell, (n) => counted(n, 'detection'))).toContain('T1110 Brute Force, with its sub-techniques: 9 detections, 4 open, highest risk 93')
})

test('the columns are the tactics in the order of an attack; what has none comes last', () => {
  expect(matrix(cells, 'covered').map((c) => [c.name, c.cells.map((x) => x.id), c.seen])).toEqual([
    ['Credential Access', ['T1110.001', 'T1110', 'T1557.001'], 2], ['Discovery', ['T1046'], 0], ['Tactic not known', ['T9999'], 1],
  ])
})

test('what was seen is shown alone where it is asked for', () => {
  expect(matrix(cells, 'seen').map((c) => c.cells.map((x) => x.id))).toEqual([['T1110.001', 'T1110'], ['T9999']])
  expect(matrix([], 'seen')).toEqual([])
})

test('arrows lead through the matrix and stop at its edges', () => {
  const m = matrix(cells, 'covered')
  expect(moved(m, { column: 0, row: 2 }, 'ArrowRight')).toEqual({ column: 1, row: 0 })
  expect(moved(m, { column: 1, row: 0 }, 'ArrowDown')).toEqual({ column: 1, row: 0 })
  expect(moved(m, { column: 0, row: 0 }, 'ArrowLeft')).toBeUndefined()
  expect(moved(m, { column: 0, row: 0 }, 'End')).toEqual({ column: 2, row: 0 })
  expect(moved(m, { column: 2, row: 0 }, 'Home')).toEqual({ column: 0, row: 0 })
  expect(moved(m, { column: 2, row: 0 }, 'x')).toBeUndefined()
})

test('a cell says in words what its colour says', () => {
  const text = (id: string) => cells.filter((c) => c.id === id).map((c) => cellText(c, (n) => counted(n, 'detection'))).join()
  expect(text('T1110.001')).toBe('T1110.001 Brute Force: Password Guessing: 8 detections, 7 open, highest risk 93; looked for by SSH brute force')
  expect(text('T1046')).toContain('nothing seen; what looks for it is switched off')
  expect(text('T9999')).toContain('no type of the catalogue looks for it')
})
