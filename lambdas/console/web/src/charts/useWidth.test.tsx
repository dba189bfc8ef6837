import { act, render } from '@testing-library/react'
import { expect, test } from 'vitest'
import { useWidth } from './useWidth'

function Wide() {
  const [ref, width] = useWidth<HTMLDivElement>(1100)
  return <div ref={ref}>{width}</div>
}

test('what is printed fits the paper, and is as wide as before once it is printed', () => {
  const { container } = render(<Wide />)
  expect(container.textContent).toBe('1100')
  act(() => void dispatchEvent(new Event('beforeprint')))
  expect(container.textContent).toBe('640')
  act(() => void dispatchEvent(new Event('afterprint')))
  expect(container.textContent).toBe('1100')
})
