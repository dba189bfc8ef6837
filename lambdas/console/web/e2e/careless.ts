// What a page would look like that shows names carelessly. It runs in the page, so that it must stand by itself.

export interface Seen {
  shown: number // hostile names that are on the page
  faults: string[]
}

/** Looks at everything that is on the page. */
export function everything(): Seen {
  const faults: string[] = []
  const fault = (what: string) => faults.length < 20 && faults.push(what)
  const where = (e: Element | null) => (e ? `${e.tagName.toLowerCase()}.${e.className}`.slice(0, 120) : '')

  // Elements that could only come out of a name.
  for (const e of document.querySelectorAll('img[src="x"], iframe, [onerror], [onload], [onclick], script:not([src]), style:not([data-own]), a[href^="javascript:" i], a[href^="data:" i], marquee, object, embed')) {
    if (e.closest('head') && e.tagName === 'STYLE') continue
    fault(`markup became ${where(e)}: ${e.outerHTML.slice(0, 120)}`)
  }
  for (const h of document.querySelectorAll('h1')) if (/Signed out/.test(h.textContent ?? '') && h.children.length === 0 && h.textContent === 'Signed out') fault('markup became a heading')

  // Characters that cannot be seen, and text that runs the other way and could turn what stands beside it.
  const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/
  const leftward = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
  let shown = 0
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const text = n.nodeValue ?? ''
    const at = n.parentElement
    if (!at || at.closest('script, style, textarea')) continue
    if (/__mirrorwatchRan|onerror=|\\x|\\u\{|WmWm/i.test(text)) shown++
    const bad = unseen.exec(text)
    if (bad) fault(`an unseen character ${JSON.stringify(bad[0])} in ${where(at)}: ${JSON.stringify(text.slice(0, 80))}`)
    if (leftward.test(text) && !isolated(at)) fault(`text that runs the other way is not isolated in ${where(at)}: ${JSON.stringify(text.slice(0, 80))}`)
  }
  for (const e of document.querySelectorAll('[title], [aria-label], [alt], [placeholder]')) {
    for (const name of ['title', 'aria-label', 'alt', 'placeholder']) {
      const bad = unseen.exec(e.getAttribute(name) ?? '')
      if (bad) fault(`an unseen character ${JSON.stringify(bad[0])} in ${name} of ${where(e)}`)
    }
  }
  if (document.title && unseen.test(document.title)) fault('an unseen character in the title')

  // The layout: nothing wider than the window, or than the panel that it is in, unless something cuts it off or lets it scroll.
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
  if (wide > 0) fault(`the page is ${wide} pixels wider than its window`)
  for (const e of document.querySelectorAll('main *')) {
    const r = e.getBoundingClientRect()
    if (r.width === 0 || r.height === 0 || r.right <= 0 || !visible(e)) continue
    const within = bound(e)
    if (within !== undefined && r.right > within + 1) fault(`${where(e)} reaches ${Math.round(r.right - within)} pixels beyond its panel: ${(e.textContent ?? '').slice(0, 60)}`)
  }
  return { shown, faults }

  // Only what is seen: text, and what is drawn. What merely holds it may be as wide as it likes.
  function visible(e: Element): boolean {
    return /^(IMG|SVG|INPUT|BUTTON|TEXTAREA|SELECT)$/i.test(e.tagName) || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.nodeValue?.trim())
  }
  function isolated(e: Element): boolean {
    for (let a: Element | null = e; a; a = a.parentElement) {
      if (a.tagName === 'BDI') return true
      const { display, unicodeBidi } = getComputedStyle(a)
      if (display !== 'inline') return block(a) // which is isolated from its neighbours, and not what is in it from each other
      if (/isolate|plaintext/.test(unicodeBidi)) return true
    }
    return false
  }
  // A block that holds nothing but this text has nothing beside it.
  function block(a: Element): boolean {
    return a.children.length === 0
  }
  // The right edge that an element must keep within; undefined where something above cuts it off.
  function bound(e: Element): number | undefined {
    for (let a = e.parentElement; a; a = a.parentElement) {
      const s = getComputedStyle(a)
      if (s.overflowX !== 'visible' || s.position === 'fixed' || s.clipPath !== 'none') return undefined
      if (a.tagName === 'MAIN' || /awsui_(root|content-wrapper)_\w*_container|awsui_container/.test(a.className)) return a.getBoundingClientRect().right
    }
    return document.documentElement.clientWidth
  }
}
