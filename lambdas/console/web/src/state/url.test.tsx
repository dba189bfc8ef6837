import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { useLink, useView } from './url'

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

test('a change starts from the address, and not from what was drawn last', () => {
  history.replaceState(null, '', '/detections?band=high')
  const [one, other] = [renderHook(() => useView()), renderHook(() => useView())]
  act(() => { // nothing is drawn in between
    one.result.current[1]({ band: 'critical' })
    other.result.current[1]({ text: 'ldap' })
    one.result.current[1]((now) => ({ text: `${now.text}s` }), { push: true })
  })
  expect(location.search).toBe('?band=critical&text=ldaps')
  expect(other.result.current[0]).toEqual({ band: 'critical', text: 'ldaps' })
})
