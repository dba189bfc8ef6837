import { expect, test } from 'vitest'
import { arcsOf } from './arcs'

const rows = ['a', 'b', 'c', 'd']
const lane = (links: [string, string][]) => arcsOf(rows, links.map(([from, to]) => ({ from, to }))).map((a) => `${a.link.from}${a.link.to}:${a.top}-${a.bottom}@${a.lane}`)

test('arcs that touch only at their ends share a lane', () => {
  expect(lane([['a', 'b'], ['b', 'c'], ['c', 'd']])).toEqual(['ab:0-1@0', 'bc:1-2@0', 'cd:2-3@0'])
})

test('a longer arc swings farther out', () => {
  expect(lane([['a', 'd'], ['a', 'b'], ['b', 'd']])).toEqual(['ab:0-1@0', 'bd:1-3@0', 'ad:0-3@1'])
})

test('two links of the same rows do not lie over each other', () => {
  expect(lane([['a', 'b'], ['b', 'a']])).toEqual(['ab:0-1@0', 'ba:0-1@1'])
})

test('links of rows that are not there have none', () => {
  expect(lane([['a', 'x'], ['y', 'b'], ['c', 'c']])).toEqual([])
})
