import { expect, test } from 'vitest'
import type { Participant } from '../../api/names'
import { pieces } from './prose'

const who = (...addresses: string[]) => addresses.map((address): Participant => ({ role: 'offender', address, external: false }))
const bold = (text: string, ...addresses: string[]) => pieces(text, who(...addresses)).filter((p) => p.bold).map((p) => p.text)

test('numbers get bold with what is counted', () => {
  expect(bold('turned to it 11 times within 20s, every 2.2s with a jitter of 7 %.')).toEqual(['11', '20s', '2.2s', '7 %'])
  expect(bold('sent 1,212 requests, 14.2 MB in 3 h')).toEqual(['1,212', '14.2 MB', '3 h'])
})

test('names of versions, techniques and ports of a URL do not', () => {
  expect(bold('T1071.001 by SMB2 from ldap://198.51.100.23:1389/a of vni-7, port 443')).toEqual([])
})

test('who took part gets bold, whole and not as the beginning of another', () => {
  expect(bold('10.0.0.1 reached 10.0.0.12, and 10.0.0.1.', '10.0.0.1')).toEqual(['10.0.0.1', '10.0.0.1'])
})

test('nothing of the text is lost', () => {
  const text = '198.51.100.23 sent 10.20.2.80 a look-up (header x-api-version) 2 times.'
  expect(pieces(text, who('10.20.2.80', '198.51.100.23')).map((p) => p.text).join('')).toBe(text)
  expect(pieces('', [])).toEqual([])
})
