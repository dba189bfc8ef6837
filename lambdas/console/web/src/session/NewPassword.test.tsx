import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { NewPassword } from './NewPassword'

test('a password can be pasted, and looked at', () => {
  render(<NewPassword name="mona" current="what was typed before" changed={() => undefined} />)
  const field = screen.getByLabelText('New password')
  expect(fireEvent.paste(field, { clipboardData: { getData: () => 'seven quiet lanterns' } })).toBe(true) // nobody stands in its way
  expect(field.getAttribute('type')).toBe('password')
  fireEvent.click(screen.getByRole('checkbox', { name: 'Show what is typed' }))
  expect(field.getAttribute('type')).toBe('text')
})
