import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { Go } from '../../ui/Link'
import { Wire } from '../../ui/Wire'
import { signed, sumOf, type Sum } from './risk'
import { plain } from './words'

/** What the risk is made of: every term, and that they add up. Bars are grey, since colours of bands mean risk only. */
export function RiskPanel({ d }: { d: Detection }): ReactNode {
  const s = sumOf(d.risk)
  const added = new Set((d.context?.adjustments ?? []).map((t) => t.name))
  return (
    <Container fitHeight header={<Header variant="h2" description="What it is made of">Risk score {d.risk.score}</Header>}>
      <table className="mw-terms">
        <caption className="mw-hidden">Terms of the risk score</caption>
        <colgroup><col /><col className="mw-col-size" /><col className="mw-col-points" /></colgroup>
        <thead className="mw-hidden"><tr><th scope="col">Term</th><th scope="col">Size</th><th scope="col">Points</th></tr></thead>
        <tbody>{s.terms.map((t, i) => <Row key={i} t={t} cloud={added.has(t.name)} />)}</tbody>
        <tfoot>
          <tr><th scope="row" colSpan={2}>{s.held ? 'Sum' : 'Sum, the score'}</th><td>{signed(s.sum).replace('+', '')}</td></tr>
          {s.held && <tr><th scope="row" colSpan={2}>Held between 1 and 99: the score</th><td>{d.risk.score}</td></tr>}
        </tfoot>
      </table>
      {s.odd && <p className="mw-quiet">The terms do not come to the score: some are not kept here.</p>}
      <Tuned d={d} />
    </Container>
  )
}

function Row({ t, cloud }: { t: Sum['terms'][number]; cloud: boolean }): ReactNode {
  return (
    <tr>
      <th scope="row">
        <Wire length={64}>{plain(t.name.replace(/^context_/, ''))}</Wire>
        {t.reason && <div className="mw-quiet"><Wire length={200}>{t.reason}</Wire></div>}
        {cloud && <div className="mw-quiet">from the cloud context below</div>}
      </th>
      <td><span className="mw-term-track"><span className={t.points < 0 ? 'mw-term mw-term-less' : 'mw-term'} style={{ width: `${t.share * 100}%` }} /></span></td>
      <td>{signed(t.points)}</td>
    </tr>
  )
}

// What tuning did. Rules only hide; what lowers a score are parameters, and those have terms of their own.
function Tuned({ d }: { d: Detection }): ReactNode {
  const scanner = (d.risk.terms ?? []).some((t) => t.name === 'known_scanner')
  return (
    <p className="mw-quiet">
      {d.hidden_by
        ? <>A <Go to="/settings/tuning-rules" query={{ edit: d.hidden_by }}>tuning rule</Go> hides it. Rules hide; they never change a score.</>
        : 'No tuning rule hides it.'}
      {scanner && <> The parameter <Go to="/settings/parameters">known_scanners</Go> lowered the score.</>}
    </p>
  )
}
