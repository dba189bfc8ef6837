import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { visible, Wire } from './Wire'

test('what cannot be seen is made visible', () => {
  expect(visible('a\u0000b\u001b[31m\u202egpj.exe\u200b\r\n')).toBe('a\\0b\\e[31m\\u{202e}gpj.exe\\u{200b}\\r\\n')
})

test('half a character is never left over', () => {
  expect(visible('ab😀', 3)).toBe('ab…')
})

test('what is cut at an ellipsis of its own gets no second one', () => {
  expect(visible('a name… on a host', 7)).toBe('a name…')
  expect(visible('a name…', 7)).toBe('a name…')
})

test('markup stays text', () => {
  const { container } = render(<Wire>{'<img src=x onerror=alert(1)>'}</Wire>)
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).toBe('<img src=x onerror=alert(1)>')
})

test('the rest of a long text is there for the asking', () => {
  render(<Wire whole length={10}>{'x'.repeat(10_240)}</Wire>)
  fireEvent.click(screen.getByRole('button', { name: 'all 10,240 characters' }))
  expect(screen.getByText('x'.repeat(10_240))).toBeTruthy()
})
