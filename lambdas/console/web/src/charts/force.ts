// Where the nodes of a map stand. The same map gives the same places: each node starts where its id says, and nothing is left to chance. The work
// is done in slices, between which the page lives: no slice is longer than the longer of its budget and one tick.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationLinkDatum, type SimulationNodeDatum } from 'd3-force'

export interface Point {
  x: number
  y: number
}

export type Places = ReadonlyMap<string, Point>

export interface Body {
  id: string
  radius: number
}

export interface Tie {
  from: string
  to: string
}

interface Moving extends SimulationNodeDatum, Body {}

const ticks = 200
const spread = 60 // between start positions, in units of the map

/** What still has to be done for places: call until it is done. */
export interface Settling {
  tick: () => boolean // true: done
  places: () => Map<string, Point>
}

/** Begins to find places. Nodes in `known` stay where they are: what one has seen does not move when more comes. */
export function settling(bodies: readonly Body[], ties: readonly Tie[], known: Places = new Map()): Settling {
  const middle = centreOf(bodies, ties, known)
  const moving = bodies.map((b, i) => started(b, i, known.get(b.id), middle.get(b.id)))
  const there = new Set(bodies.map((b) => b.id))
  const links: SimulationLinkDatum<Moving>[] = ties
    .filter((t) => t.from !== t.to && there.has(t.from) && there.has(t.to))
    .map((t) => ({ source: t.from, target: t.to }))
  const simulation = forceSimulation<Moving>(moving)
    .alphaDecay(1 - 0.001 ** (1 / ticks))
    .force('links', forceLink<Moving, SimulationLinkDatum<Moving>>(links).id((m) => m.id).distance(90))
    .force('apart', forceManyBody<Moving>().strength(-260).distanceMax(600))
    .force('room', forceCollide<Moving>((m) => m.radius + 14))
    .force('x', forceX<Moving>(0).strength(0.045))
    .force('y', forceY<Moving>(0).strength(0.08)) // pages are wider than high
    .stop()
  let left = moving.some((m) => m.fx === undefined) ? ticks : 0
  return {
    tick: () => {
      if (left > 0) simulation.tick()
      return --left <= 0
    },
    places: () => new Map(moving.map((m) => [m.id, { x: Math.round(m.x ?? 0), y: Math.round(m.y ?? 0) }])),
  }
}

function started(b: Body, i: number, known: Point | undefined, near: Point | undefined): Moving {
  if (known) return { ...b, x: known.x, y: known.y, fx: known.x, fy: known.y }
  const angle = (hashOf(b.id) / 2 ** 32) * 2 * Math.PI
  const far = near ? spread : spread * Math.sqrt(i + 1)
  return { ...b, x: (near?.x ?? 0) + far * Math.cos(angle), y: (near?.y ?? 0) + far * Math.sin(angle) }
}

// A node that is new starts beside one that it is tied to and that stands already.
function centreOf(bodies: readonly Body[], ties: readonly Tie[], known: Places): Places {
  const out = new Map<string, Point>()
  if (known.size === 0) return out
  const fresh = new Set(bodies.filter((b) => !known.has(b.id)).map((b) => b.id))
  for (const t of ties) {
    for (const [one, other] of [[t.from, t.to], [t.to, t.from]] as const) {
      const at = known.get(other)
      if (at && fresh.has(one) && !out.has(one)) out.set(one, at)
    }
  }
  return out
}

/** FNV-1a, 32 bits: an even spread over a circle is all that is wanted of it. */
export function hashOf(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** Works in slices of `budget` ms until the places are found, and then tells them. Gives what ends it before. */
export function settle(s: Settling, done: (places: Map<string, Point>) => void, budget = 10): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const slice = () => {
    const end = performance.now() + budget
    let ready = false
    while (!ready && performance.now() < end) ready = s.tick()
    if (ready) done(s.places())
    else timer = setTimeout(slice, 0)
  }
  timer = setTimeout(slice, 0)
  return () => clearTimeout(timer)
}
