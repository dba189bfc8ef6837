import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { tactics } from '../../attack/tactics'
import { tacticsOf } from '../../attack/techniques'
import type { Detection } from '../../api/names'
import { counted } from '../../ui/number'
import { Techniques } from './Facts'

interface Tactic {
  id: string
  name: string
  techniques: string[] // of this detection, under this tactic
  here: boolean
  related: number // detections related to this one that have the tactic
}

/** The tactics in the order of an attack: this detection's with its techniques, and how many related ones have each. */
export function stripOf(d: Detection, related: readonly Detection[]): Tactic[] {
  // Whoever names none says by the techniques where it is.
  const own = new Set(d.tactics?.length ? d.tactics : (d.techniques ?? []).flatMap(tacticsOf))
  const places = (id: string) => {
    const mine = tacticsOf(id).filter((t) => own.has(t))
    return mine.length > 0 ? mine : [...own].slice(0, 1) // one that is not known here stands under the first
  }
  return tactics.map((t) => ({
    ...t,
    techniques: (d.techniques ?? []).filter((id) => places(id).includes(t.id)),
    here: own.has(t.id),
    related: related.filter((r) => r.tactics?.includes(t.id)).length,
  }))
}

/** Where this detection is in an attack, and what else of the attack was seen. */
export function Attack({ d, related }: { d: Detection; related: readonly Detection[] }): ReactNode {
  return (
    <Container header={<Header variant="h2" description="This detection, and those related to it, in the order of an attack">MITRE ATT&amp;CK</Header>}>
      <ol className="mw-strip">
        {stripOf(d, related).map((t) => (
          <li key={t.id} className={t.here ? 'mw-strip-here' : t.related > 0 ? 'mw-strip-related' : undefined} aria-current={t.here ? 'step' : undefined}>
            <b>{t.name}</b>
            {t.here && <span className="mw-strip-word">This detection</span>}
            {t.techniques.length > 0 && <Techniques brief ids={t.techniques} />}
            {t.related > 0 && <span>{counted(t.related, 'related', 'related')}</span>}
            {!t.here && t.related === 0 && <span className="mw-dim"><span aria-hidden="true">–</span><span className="mw-hidden">nothing</span></span>}
          </li>
        ))}
      </ol>
    </Container>
  )
}
