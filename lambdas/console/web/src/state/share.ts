// A link to what one sees, for somebody else: with the colours, the zone, and the time as it is now, which for them is another now.
import type { Span } from './span'

const looked = new Set<{ current: Span }>()

/** Says that a page looks at a span for as long as it does; what it gives ends that. */
export function looking(span: { current: Span }): () => void {
  looked.add(span)
  return () => void looked.delete(span)
}

/** Gives the link to a view. A span that moves along is put down as it is. */
export function sharedLink(href: string, how: { zone: string; theme: string }, span: Span | undefined = [...looked].at(-1)?.current): string {
  const url = new URL(href)
  if (span) {
    url.searchParams.delete('last')
    url.searchParams.set('from', new Date(span.from).toISOString())
    url.searchParams.set('to', new Date(span.to).toISOString())
  }
  url.searchParams.set('zone', how.zone)
  url.searchParams.set('theme', how.theme)
  return url.href
}
