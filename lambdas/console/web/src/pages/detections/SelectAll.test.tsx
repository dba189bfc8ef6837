import { fireEvent, screen, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { answering, shown } from '../../testing/answers'
import { mostAtOnce, useChoice } from './choice'
import { sample } from './samples.testing'
import { SelectAll } from './SelectAll'

const items = [sample(), sample({ id: 'd2' })]

function Using({ total }: { total: number }): ReactNode {
  const choice = useChoice()
  return (
    <>
      <SelectAll items={items} total={total} filter={{ bands: ['high'] }} choice={choice} box />
      <output>{choice.items.size}</output>
    </>
  )
}

test('from all that are shown to all that match', async () => {
  const asked = answering({ 'POST /v1/detections/search': () => ({ complete: true, items: [...items, sample({ id: 'd3' })] }) })
  shown(<Using total={3} />)
  fireEvent.click(screen.getByRole('checkbox'))
  expect(screen.getByRole('status').textContent).toBe('2')
  fireEvent.click(screen.getByRole('button', { name: 'Select all 3 that match' }))
  await waitFor(() => expect(screen.getByText('3')).toBeTruthy())
  expect(asked[0]?.body).toEqual({ filter: { bands: ['high'] }, limit: mostAtOnce })
  fireEvent.click(screen.getByRole('checkbox'))
  expect(screen.getByText('1')).toBeTruthy() // what is not shown stays selected
})

test('more than may be changed at once are not offered', () => {
  shown(<Using total={mostAtOnce + 1} />)
  fireEvent.click(screen.getByRole('checkbox'))
  expect(screen.queryByRole('button', { name: /that match/ })).toBeNull()
})
