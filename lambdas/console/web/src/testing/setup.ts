import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

// jsdom has no layout: what components observe stays silent.
class Silent {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= Silent as unknown as typeof ResizeObserver
globalThis.IntersectionObserver ??= Silent as unknown as typeof IntersectionObserver
globalThis.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} })) as unknown as typeof matchMedia
afterEach(cleanup)
