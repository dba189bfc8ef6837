import { expect, test } from 'vitest'
import { Problem } from '../../../api/client'
import type { DetectionType } from '../../../api/names'
import { isShorter } from './EditParameter'
import { refused, refusedText, valuesOf } from './lines'
import type { Parameter } from './names'
import { numberText } from './ParameterTable'
import { linesWith, refusedOf, settingOf, typeOf } from './settings'

const scan = {
  type: 'recon.port_scan', title: 'Port scan', enabled: true,
  tunables: [{ name: 'ports', text: '', value: '40', default: '20', allowed: 'a number' }, { name: 'idle', text: '', value: '6h', default: '6h', allowed: 'a duration' }],
} as unknown as DetectionType

const problem = (...errors: { field: string; value: string; allowed: string }[]) => new Problem(400, 'no', 'no', errors)

test('a value that is refused is told at its line, blank lines counted', () => {
  const text = '10.0.0.0/8\n\n10.0.0.0/33\n'
  expect(valuesOf(text)).toEqual(['10.0.0.0/8', '10.0.0.0/33'])
  expect(refused(problem({ field: 'values', value: '10.0.0.0/33', allowed: 'networks' }), text)).toEqual([{ line: 3, text: '“10.0.0.0/33”: allowed is networks' }])
  expect(refusedText(refused(problem({ field: 'values.1', value: '', allowed: 'short' }), text))).toBe('Line 3: it: allowed is short')
  expect(refusedText(refused(problem({ field: 'values', value: '10.0.0.0/33', allowed: 'networks' }), text, 'networks'))).toBe('Line 3: “10.0.0.0/33” is not allowed')
  expect(refusedText(refused(problem({ field: 'values', value: '0 values', allowed: 'some' }), ''))).toBe('“0 values”: allowed is some')
})

test('settings of one detector take the place of its own lines only, and defaults have none', () => {
  const lines = ['recon.host_sweep.hosts=9', 'recon.port_scan.idle=1h', 'recon.port_scan.enabled=false', 'from a newer version']
  const s = settingOf(scan)
  expect(linesWith(lines, scan, s)).toEqual(['recon.host_sweep.hosts=9', 'from a newer version', 'recon.port_scan.ports=40'])
  expect(linesWith([], scan, { enabled: false, values: { ports: '20', idle: ' 2h ' } })).toEqual(['recon.port_scan.enabled=false', 'recon.port_scan.idle=2h'])
})

test('a value may hold dots and equal signs', () => {
  expect(typeOf('intel.indicator_match.ignore=a.b=c.d')).toBe('intel.indicator_match')
})

test('what is refused of a detector is told at its tunable', () => {
  const lines = ['recon.host_sweep.hosts=9', 'recon.port_scan.ports=x']
  expect(refusedOf(problem({ field: 'values', value: 'recon.port_scan.ports=x', allowed: 'a whole number' }), scan, lines)).toEqual({ ports: 'a whole number' })
  expect(refusedOf(problem({ field: 'values.1', value: 'recon…', allowed: 'shorter' }), scan, lines)).toEqual({ ports: 'shorter' })
  expect(refusedOf(problem({ field: 'values', value: 'recon.host_sweep.hosts=9', allowed: 'known' }), scan, lines)).toEqual({ '': '“recon.host_sweep.hosts=9”: known' })
})

test('keeping less is noticed', () => {
  const p = (kind: Parameter['kind'], value: string) => ({ kind, values: [value] }) as Parameter
  expect([isShorter(p('days', '90'), '30'), isShorter(p('days', '90'), '365'), isShorter(p('bytes', '0'), '1000'), isShorter(p('bytes', '1000'), '0'), isShorter(p('days', '90'), 'x')]).toEqual([true, false, true, false, false])
})

test('numbers are read as a person does', () => {
  expect([numberText('days', '1'), numberText('bytes', '53687091200'), numberText('bytes', '0'), numberText('days', '')]).toEqual(['1 day', '53.7 GB', 'No limit', ''])
})
