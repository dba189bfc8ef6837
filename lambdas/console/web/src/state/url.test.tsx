import { renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { useLink } from './url'

function linkAt(at: string) {
  const { hook, searchHook } = memoryLocation({ path: at })
  const within = ({ children }: { children: ReactNode }) => <Router hook={hook} searchHook={searchHook}>{children}</Router>
  return renderHook(() => useLink(), { wrapper: within }).result.current
}

test('what a link said of theme and zone goes along, and nothing else', () => {
  expect(linkAt('/detections?theme=dark&band=high')('/devices', { last: '7d' })).toBe('/devices?theme=dark&last=7d')
})

test('a place that has a query keeps it, and is shown as this page is', () => {
  expect(linkAt('/detections/1?theme=dark')('/detections?band=high&zone=local')).toBe('/detections?band=high&theme=dark')
})
