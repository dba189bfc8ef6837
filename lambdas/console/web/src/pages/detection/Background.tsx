import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Detection } from '../../api/names'
import { useCatalogue } from '../../detections/suggest'
import { Go } from '../../ui/Link'
import { Panel } from '../../ui/Panel'
import { Wire } from '../../ui/Wire'

type Kind = Schemas['DetectionType']

/** Cuts what a detector looks for from what innocent thing looks the same: the sentence that says so, and those behind it. */
export function innocentOf(text: string): { looksFor: string; innocent?: string } {
  const at = /(?:^|(?<=[.;]\s))[^.;]*\b(?:looks? the same|nothing innocent)\b/i.exec(text)?.index
  if (at === undefined) return { looksFor: text }
  return { looksFor: text.slice(0, at).trim().replace(/;$/, '.'), innocent: text.slice(at).trim() }
}

/** What the attack is, what to do, and what innocent thing looks the same: from the catalogue of detectors. */
export function Background({ d }: { d: Detection }): ReactNode {
  const catalogue = useCatalogue()
  const kind = (c: Schemas['Catalogue']) => c.items.find((t) => t.type === d.type)
  return (
    <Panel
      title="Background and what to do"
      of={catalogue}
      empty={(c) => (kind(c) ? undefined : <>The catalogue has no <Wire mono length={64}>{d.type}</Wire>: the detector is of another version.</>)}
    >
      {(c) => {
        const k = kind(c)
        return k && <Text k={k} />
      }}
    </Panel>
  )
}

function Text({ k }: { k: Kind }): ReactNode {
  const { looksFor, innocent } = innocentOf(k.text)
  return (
    <SpaceBetween size="m">
      <div className="mw-columns-2">
        <section>
          <h3 className="mw-det-h3">What to do</h3>
          <ol className="mw-steps">{k.mitigation.map((m, i) => <li key={i}><Wire length={1024}>{m}</Wire></li>)}</ol>
        </section>
        <section>
          <h3 className="mw-det-h3">How the attack works</h3>
          <p><Wire length={4096}>{k.background}</Wire></p>
          {innocent && <><h3 className="mw-det-h3">What innocent thing looks the same</h3><p><Wire length={4096}>{innocent}</Wire></p></>}
        </section>
      </div>
      <ExpandableSection headerText="What the detector looks for">
        <p><Wire length={4096}>{looksFor}</Wire></p>
        <p className="mw-quiet">Likelihood {k.risk.likelihood}, complexity {k.risk.complexity}, impact {k.risk.impact}; version {k.version}. {k.enabled ? 'It is on.' : 'It is switched off by the parameter detector_settings.'} <Go to="/settings/parameters">Parameters</Go></p>
      </ExpandableSection>
    </SpaceBetween>
  )
}
