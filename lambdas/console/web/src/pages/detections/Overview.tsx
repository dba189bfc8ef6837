// The panel above the list: how many of each band there are, and when they began.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import { memo, useMemo, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import type { Band } from '../../api/names'
import { Histogram } from '../../charts/Histogram'
import type { Stretch } from '../../charts/histogram'
import { stretch } from '../../charts/moment'
import type { Span } from '../../state/span'
import { useZone, written, zoneLabel } from '../../state/zone'
import { bandRange, bands, bandWord } from '../../ui/Band'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { barsOf, countsOf, series, unseen, type Grid, type Silence } from './bars'
import { Check } from './Signs'

interface Props {
  of: Reading<Schemas['Histogram'] & { grid: Grid }>
  silence: Reading<Silence>
  span: Span
  chosen: readonly Band[]
  toggle: (b: Band) => void
  brush?: Stretch
  onBrush: (s: Stretch | undefined) => void
}

export const Overview = memo(function Overview(p: Props): ReactNode {
  return (
    <Container>
      <Read of={p.of} lines={6}>
        {(h) => (
          <>
            <div className="mw-bands">
              <Bands counts={countsOf(h.buckets)} chosen={p.chosen} toggle={p.toggle} />
              <Brushed brush={p.brush} step={h.grid.step} clear={() => p.onBrush(undefined)} />
            </div>
            <Chart {...p} buckets={h.buckets} grid={h.grid} />
            <Feed of={p.silence} />
          </>
        )}
      </Read>
    </Container>
  )
})

function Chart({ buckets, grid, chosen, silence, brush, onBrush }: Props & { buckets: readonly Schemas['Bucket'][]; grid: Grid }): ReactNode {
  const bars = useMemo(() => barsOf(buckets, chosen), [buckets, chosen])
  const gaps = useMemo(() => unseen(silence.data?.gaps ?? [], grid.step, buckets), [silence.data, grid, buckets])
  return (
    <Histogram
      label="Detections by time and risk"
      noun={['detection', 'detections']}
      from={grid.from}
      to={grid.to}
      step={grid.step}
      series={series}
      bars={bars}
      gaps={gaps}
      gapWord="No packets seen"
      selection={brush}
      onSelect={onBrush}
    />
  )
}

/** Gives the bands that are chosen once one is pressed, in their order. */
export const pressed = (chosen: readonly Band[], b: Band): Band[] => bands.filter((x) => (x === b) !== chosen.includes(x))

/** One button a band. None pressed means all of them. */
function Bands({ counts, chosen, toggle }: { counts: Record<Band, number>; chosen: readonly Band[]; toggle: (b: Band) => void }): ReactNode {
  return (
    <div role="group" aria-label="Bands of risk; none chosen shows all" className="mw-band-buttons">
      {bands.map((b) => {
        const on = chosen.includes(b)
        return (
          <button
            key={b}
            type="button"
            aria-pressed={on}
            className="mw-band-button"
            onClick={() => toggle(b)}
          >
            {on ? (
              <Check />
            ) : (
              <svg width="12" height="12" aria-hidden="true">
                <rect className={`mw-histbar mw-histbar-${b}`} x="0.5" y="0.5" width="11" height="11" rx="2.5" />
              </svg>
            )}
            <b>{digits(counts[b])}</b> {bandWord[b]} <span className="mw-dim">{bandRange[b]}</span>
          </button>
        )
      })}
    </div>
  )
}

function Brushed({ brush, step, clear }: { brush?: Stretch; step: number; clear: () => void }): ReactNode {
  const [zone] = useZone()
  if (!brush) return <span className="mw-quiet mw-hint">Drag on the chart to select a time</span>
  return <Button iconName="close" iconAlign="right" onClick={clear}>{`Clear time selection (${stretch(brush.from, brush.to, zone, step)})`}</Button>
}

// What the hatching means, and where nobody knows.
function Feed({ of }: { of: Reading<Silence> }): ReactNode {
  const [zone] = useZone()
  const silence = of.data
  if (of.state === 'failed')
    return <div className="mw-quiet mw-feed">Whether the feed had gaps is not known: {of.problem?.detail || of.problem?.title}</div>
  if (!silence || (silence.gaps.length === 0 && !silence.oldest)) return null
  return (
    <div className="mw-quiet mw-feed">
      {silence.gaps.length > 0 && (
        <span className="mw-feed-key">
          <svg width="16" height="12" aria-hidden="true">
            <path d="M0 12 L12 0 M6 12 L16 2 M-6 12 L6 0" className="mw-feed-hatch" />
          </svg>
          No packets seen: what happened then is not known
        </span>
      )}
      {silence.oldest && (
        <span>
          Records are kept from {written(silence.oldest, zone).slice(0, 16)} {zoneLabel(zone, silence.oldest)} on; gaps before then are not known.
        </span>
      )}
    </div>
  )
}
