// What is linked with what, as arcs beside a list: the rows stand one below the other, and each link is an arc between two of them.

export interface Link {
  from: string
  to: string
}

export interface Arc<L extends Link> {
  link: L
  top: number // rows
  bottom: number
  lane: number // how far out it swings: arcs of one lane do not lie over each other
}

/** Places links of rows in lanes, the shortest nearest to the rows. Links of rows that are not there have no arc. */
export function arcsOf<L extends Link>(rows: readonly string[], links: readonly L[]): Arc<L>[] {
  const at = new Map(rows.map((id, i) => [id, i]))
  const open: Omit<Arc<L>, 'lane'>[] = []
  for (const link of links) {
    const [a, b] = [at.get(link.from), at.get(link.to)]
    if (a !== undefined && b !== undefined && a !== b) open.push({ link, top: Math.min(a, b), bottom: Math.max(a, b) })
  }
  open.sort((a, b) => a.bottom - a.top - (b.bottom - b.top) || a.top - b.top)
  const lanes: Omit<Arc<L>, 'lane'>[][] = []
  return open.map((arc) => {
    let lane = lanes.findIndex((taken) => taken.every((t) => arc.bottom <= t.top || arc.top >= t.bottom))
    if (lane < 0) lane = lanes.push([]) - 1
    lanes[lane]?.push(arc)
    return { ...arc, lane }
  })
}
