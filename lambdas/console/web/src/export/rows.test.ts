import { expect, test } from 'vitest'
import { csv, fileName } from './rows'

test('what a spreadsheet would run is text', () => {
  expect(csv(['a', 'b'], [['=cmd()', '-1'], ['@x', '+1'], [' =x', '\t=x']])).toBe("a,b\r\n'=cmd(),'-1\r\n'@x,'+1\r\n' =x,'\t=x\r\n")
})

test('commas, quotes and line breaks stay in their cell', () => {
  expect(csv(['x'], [['a,"b"\nc']])).toBe('x\r\n"a,""b""\nc"\r\n')
})

test('numbers stay numbers', () => {
  expect(csv(['x', 'y', 'z'], [[-1.5, NaN, undefined]])).toBe('x,y,z\r\n-1.5,,\r\n')
})

test('the name has the time in UTC', () => {
  expect(fileName('activity-map', Date.UTC(2026, 10, 26, 13, 5))).toBe('activity-map-20261126T1305Z.csv')
})
