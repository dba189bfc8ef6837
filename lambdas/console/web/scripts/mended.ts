// Mends what Cloudscape's release has wrong, where no newer release has it right. The build fails where there is nothing to mend any more: then
// this goes.
import type { Plugin } from 'vite'

// In a narrow window a button opens the navigation, and the nav around it says that it is horizontal. A nav has no orientation (WAI-ARIA 1.2), so
// that a screen reader may make anything of it (WCAG 4.1.2).
const file = /app-layout\/visual-refresh\/mobile-toolbar\.js$/
const orientation = /("nav", \{[^{}]*)"aria-orientation": "horizontal", /

/** Gives the toolbar of narrow windows with a nav that says nothing of an orientation. */
export function mendedToolbar(code: string): string {
  if (!orientation.test(code)) throw new Error('the nav of mobile-toolbar.js has no aria-orientation any more: scripts/mended.ts is of no use, take it out')
  return code.replace(orientation, '$1')
}

export function mended(): Plugin {
  return {
    name: 'mended-components',
    apply: 'build',
    transform: { filter: { id: file }, handler: (code) => ({ code: mendedToolbar(code), map: null }) },
  }
}
