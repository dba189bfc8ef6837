import ExpandableSection from '@cloudscape-design/components/expandable-section'
import type { ReactNode } from 'react'
import { TrendChart } from '../../charts/TrendChart'
import type { Span } from '../../state/span'
import { digits } from '../../ui/number'
import { Panel } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible } from '../../ui/Wire'
import { useTrend, type Of } from './ask'
import { percent } from './logic'

/** How much was watched, over the page's time. */
export function Trend({ span, of }: { span: Span; of: Of }): ReactNode {
  const read = useTrend(span, of)
  const zone = useZoneLabel()
  const name = of.vpc ?? of.account ?? of.tag
  return (
    <Panel
      title="Over time" description={name === undefined ? 'Of all interfaces' : `Of ${visible(name, 80)}`} of={read} lines={6}
      empty={(h) => (h.items.length === 0 ? 'Nothing was counted in this time. Coverage is counted once an hour; choose a longer time, or look again in an hour.' : undefined)}
    >
      {(h) => (
        <>
          <TrendChart
            label="Share of interfaces that is watched" samples={h.items.map((p) => ({ at: Date.parse(p.at), value: p.share.percent }))} from={span.from} to={span.to}
            step={h.step === 'hour' ? 3_600_000 : 86_400_000} text={percent}
          />
          <ExpandableSection variant="footer" headerText="The same as a table">
            <div className="mw-trend-table" tabIndex={0} role="group" aria-label="Share over time">
              <table>
                <thead><tr><th scope="col">Time ({zone})</th><th scope="col">Watched</th><th scope="col">Mirrored of wanted</th></tr></thead>
                <tbody>{[...h.items].reverse().map((p) => <tr key={p.at}><td><Time at={p.at} /></td><td>{percent(p.share.percent)}</td><td>{digits(p.share.mirrored)} of {digits(p.share.wanted)}</td></tr>)}</tbody>
              </table>
            </div>
          </ExpandableSection>
        </>
      )}
    </Panel>
  )
}
