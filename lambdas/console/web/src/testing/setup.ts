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
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true }
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') } as unknown as typeof CSS
document.body.classList.add('awsui-motion-disabled') // nothing here ever ends a transition
afterEach(cleanup)
