// A sentence, cut where it gets bold: at its numbers, and where it names who took part.
import type { Participant } from '../../api/names'

export interface Piece {
  text: string
  bold: boolean
}

// A number with what is counted right behind it: 1,212, 61 s, 2.2s, 7 %, T1071.001 is none.
const number = /(?<![\w.:/-]|port )\d[\d,]*(?:\.\d+)?(?:\s?(?:%|ms|min|h|d|s|[kMGT]?B)(?![\w-]))?(?![\w:/-]|\.\d)/g

/** Cuts a description into pieces. */
export function pieces(text: string, participants: readonly Participant[]): Piece[] {
  const marks = [...named(text, participants), ...counted(text)].sort((a, b) => a[0] - b[0] || b[1] - a[1])
  const out: Piece[] = []
  let at = 0
  for (const [from, to] of marks) {
    if (from < at) continue
    if (from > at) out.push({ text: text.slice(at, from), bold: false })
    out.push({ text: text.slice(from, to), bold: true })
    at = to
  }
  if (at < text.length) out.push({ text: text.slice(at), bold: false })
  return out
}

type Mark = [from: number, to: number]

const counted = (text: string): Mark[] => [...text.matchAll(number)].map((m) => [m.index, m.index + m[0].length])

// The most names that are looked for: a sweep has hundreds of victims, and names few of them.
const most = 64

function named(text: string, participants: readonly Participant[]): Mark[] {
  const names = new Set(participants.slice(0, most).flatMap((p) => [p.address, p.hostname, p.user].filter((n): n is string => !!n && n.length > 2)))
  const out: Mark[] = []
  for (const name of names) {
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
      if (whole(text, at, at + name.length)) out.push([at, at + name.length])
    }
  }
  return out
}

// 10.0.0.1 is not named where it says 10.0.0.12.
const inside = /[\w-]/
const whole = (text: string, from: number, to: number) =>
  !inside.test(text.charAt(from - 1)) && !inside.test(text.charAt(to)) && !(text.charAt(to) === '.' && inside.test(text.charAt(to + 1)))
