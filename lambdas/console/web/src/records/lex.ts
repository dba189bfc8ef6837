// The pieces of a query's text, as shared/query cuts it: for completion, and for putting a comparison behind what is written already.
// It never refuses: what it does not know is a piece too, and the API says what is wrong with it.

export type PieceKind = 'word' | 'quoted' | 'operator' | 'and' | 'or' | 'not' | 'open' | 'close' | 'comma' | 'odd'

export interface Piece {
  kind: PieceKind
  from: number // place in the text, in UTF-16 as JavaScript counts
  to: number
  text: string // of a quoted one what it holds
  open?: boolean // a quoted one without its end
}

const symbols: readonly [string, PieceKind][] = [
  ['&&', 'and'], ['||', 'or'], ['!=', 'operator'], ['<=', 'operator'], ['>=', 'operator'], ['=', 'operator'], ['<', 'operator'], ['>', 'operator'],
  ['~', 'operator'], ['!', 'not'], ['(', 'open'], [')', 'close'], [',', 'comma'],
]

const word = /[^\s"()=!<>~&|,\u0000-\u001f\u007f]+/uy
const quoted = /"((?:[^"\\]|\\.)*)("?)/suy

/** Cuts a text into its pieces. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text.charAt(at))) {
      at++
      continue
    }
    const p = pieceAt(text, at)
    out.push(p)
    at = p.to
  }
  return out
}

function pieceAt(text: string, from: number): Piece {
  quoted.lastIndex = from
  const q = text.charAt(from) === '"' ? quoted.exec(text) : null
  if (q) return { kind: 'quoted', from, to: from + q[0].length, text: unescaped(q[1] ?? ''), open: q[2] === '' }
  for (const [symbol, kind] of symbols) {
    if (text.startsWith(symbol, from)) return { kind, from, to: from + symbol.length, text: symbol }
  }
  word.lastIndex = from
  const w = word.exec(text)
  if (!w) return { kind: 'odd', from, to: from + 1, text: text.charAt(from) }
  return { kind: wordKind(w[0]), from, to: from + w[0].length, text: w[0] }
}

/** Says whether a word is one of the language's own. */
export function wordKind(w: string): PieceKind {
  const low = w.toLowerCase()
  return low === 'and' || low === 'or' || low === 'not' ? low : 'word'
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' }

function unescaped(s: string): string {
  return s.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, code: string | undefined, c: string | undefined) =>
    code ? String.fromCharCode(parseInt(code, 16)) : (escapes[c ?? ''] ?? c ?? ''))
}

/** Turns a place in bytes of UTF-8, as the API names it, into one in the text. */
export function placeOf(text: string, byte: number): number {
  let bytes = 0
  let at = 0
  for (const c of text) {
    if (bytes >= byte) break
    const code = c.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    at += c.length
  }
  return at
}
