import { fireEvent, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { shown } from '../../testing/answers'
import { Card } from './Card'
import { noon, sample } from './samples.testing'

const text = (d = sample()) => shown(<Card d={d} now={noon} chosen={false} choose={() => {}} />).container.textContent ?? ''

test('a card says how bad, what, who to whom and since when, and nothing of a status that most have', () => {
  const said = text()
  for (const part of [
    '64High',
    'Port scan',
    '10.20.1.5 tried 1,000 ports',
    'web-1',
    '10.20.2.9',
    'Reconnaissance',
    'T1046 Network Service Discovery',
    '2026-11-26 11:00:00 UTC',
    '30 s',
  ])
    expect(said).toContain(part)
  expect(said).not.toContain('Open')
})

test('what goes on, what was triaged, and what is hidden are said', () => {
  expect(text(sample({ end: undefined }))).toContain('Ongoing, 1 h')
  expect(text(sample({ status: 'closed', resolution: 'false_positive', assignee: 'mona' }))).toMatch(/Closed, false positive.*Assigned to mona/)
  expect(text(sample({ hidden_by: 'r1' }))).toContain('Hidden by a rule')
})

test('of many victims the first is named and the rest counted; without an offender the victims stand alone', () => {
  const victims = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => ({ role: 'victim' as const, address, external: false }))
  expect(text(sample({ participants: victims }))).toContain('on Victim: 10.0.0.1 and 2 others')
})

test('hostile text is inert, visible and cut', () => {
  const evil = '<img src=x onerror=alert(1)>\u202egpj.exe\u0000'
  const { container } = shown(
    <Card
      d={sample({
        title: evil,
        description: 'x'.repeat(10_240),
        category: evil,
        techniques: [evil],
        assignee: evil,
        participants: [{ role: 'offender', address: evil, hostname: evil + 'y'.repeat(9000), external: true }],
      })}
      now={noon}
      chosen={false}
      choose={() => {}}
    />,
  )
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).not.toMatch(/[\u202e\u0000]/)
  expect(container.textContent?.length).toBeLessThan(1500)
})

test('a card is selected by its box', () => {
  const choose = vi.fn()
  const d = sample()
  shown(<Card d={d} now={noon} chosen={false} choose={choose} />)
  fireEvent.click(screen.getByRole('checkbox', { name: 'Select Port scan, risk 64' }))
  expect(choose).toHaveBeenCalledWith(d, true)
})
