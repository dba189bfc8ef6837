// What a step is about: the interface with its name, which leads to all that is known of it, and the object that changes.
import type { ReactNode } from 'react'
import { Wire } from '../../../ui/Wire'
import { objectName } from './words'

interface Subject {
  interface?: string
  name?: string
  object?: string
}

/** Interfaces that the list has, and what shows one of them. A plan may be of others: of a policy that nobody has applied yet. */
export interface Linked {
  known: ReadonlySet<string>
  choose: (id: string) => void
}

export function About({ s, known, choose }: { s: Subject } & Linked): ReactNode {
  const id = s.interface
  const object = s.object && objectName(s.object)
  return (
    <div className="mw-wrap">
      {s.name && <div><Wire length={60}>{s.name}</Wire></div>}
      {id && <div>{known.has(id) ? <button type="button" className="mw-more mw-plan-who" onClick={() => choose(id)}><Wire mono length={40}>{id}</Wire></button> : <Wire mono length={40}>{id}</Wire>}</div>}
      {object && object !== s.name && <div className="mw-quiet"><Wire mono length={60}>{object}</Wire></div>}
    </div>
  )
}
