// Maps laid over each other: that of the scope, and those of the nodes that were expanded in place.
import type { Schemas } from '../../api/client'

export type ActivityMap = Schemas['ActivityMap']
export type MapNode = Schemas['MapNode']
export type MapEdge = Schemas['MapEdge']

export interface Merged {
  nodes: MapNode[]
  edges: MapEdge[]
  added: Set<string> // ids of nodes that only an expansion brought
}

/** The key of an edge. Ids have no such character in them: they are made of ids and addresses. */
export const edgeKey = (e: { from: string; to: string }): string => `${e.from}\u0000${e.to}`

/** Lays maps over each other. What two of them tell of, is counted once: the larger count holds, since each map counts what lies in its scope. */
export function merged(base: ActivityMap, more: readonly ActivityMap[]): Merged {
  const nodes = new Map(base.nodes.map((n) => [n.id, n]))
  const edges = new Map(base.edges.map((e) => [edgeKey(e), e]))
  const added = new Set<string>()
  for (const m of more) {
    for (const n of m.nodes) {
      const have = nodes.get(n.id)
      if (!have) added.add(n.id)
      if (!have || have.connections < n.connections) nodes.set(n.id, n)
    }
    for (const e of m.edges) {
      const have = edges.get(edgeKey(e))
      if (!have || have.connections < e.connections) edges.set(edgeKey(e), e)
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], added }
}

/** What is asked to show a node's peers: its device, or its address where none is known. A group of several cannot be expanded. */
export function expansion(n: MapNode): { device: string } | { address: string } | undefined {
  if (n.device) return { device: n.device }
  return n.addresses === 1 && /^[0-9a-f.:]+$/i.test(n.id) ? { address: n.id } : undefined
}

/** What is not drawn, in words; undefined where everything is. */
export function leftOut(m: ActivityMap, count: (n: number, one: string) => string): string | undefined {
  const { nodes, edges, connections } = m.omitted
  if (nodes + edges + connections === 0) return undefined
  const parts = [nodes && count(nodes, 'node'), edges && count(edges, 'line'), connections && count(connections, 'conversation')].filter((p): p is string => Boolean(p))
  const last = parts.pop() ?? ''
  return `Not drawn: ${parts.length ? `${parts.join(', ')} and ${last}` : last}.`
}
