import { expect, test } from 'vitest'
import { bytes, counted, digits, short } from './number'

test.each([[0, '0 B'], [999, '999 B'], [999.7, '1.0 kB'], [1000, '1.0 kB'], [14_200_000, '14.2 MB'], [123_456_789, '123 MB'], [999_950_000, '1.0 GB'], [2e18, '2000 PB']])('%d bytes are %s', (n, says) => {
  expect(bytes(n)).toBe(says)
})

test('counts', () => {
  expect([950, 12_345, -4_500_000, 2.25, 999_999].map(short)).toEqual(['950', '12.3k', '-4.5M', '2.3', '1.0M'])
  expect(digits(1_234_567)).toBe('1,234,567')
  expect([counted(1, 'detection'), counted(1200, 'detection'), counted(2, 'entry', 'entries')]).toEqual(['1 detection', '1,200 detections', '2 entries'])
})
