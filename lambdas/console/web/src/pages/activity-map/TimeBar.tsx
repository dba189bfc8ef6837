// Walking through the span of the map in steps.
import Button from '@cloudscape-design/components/button'
import { useEffect, useId, type ReactNode } from 'react'
import type { Span } from '../../state/span'
import { useKeys } from '../../state/keys'
import { useZone, written, zoneLabel } from '../../state/zone'
import { nextStep, stepCount, stepSpan } from './steps'

interface Props {
  whole: Span
  step: number // 0: the whole
  ready: boolean // the map of this step is there: it plays no faster than it is answered
  playing: boolean
  play: (on: boolean) => void
  go: (step: number) => void
}

const pace = 1200 // ms for which a step is shown

export function TimeBar({ whole, step, ready, playing, play, go }: Props): ReactNode {
  const id = useId()
  const [zone] = useZone()
  const shown = stepSpan(whole, step)
  const text = `${written(shown.from, zone)} to ${written(shown.to, zone)} ${zoneLabel(zone, shown.to)}`
  useEffect(() => {
    if (!playing || !ready) return
    const t = setTimeout(() => {
      const next = nextStep(step)
      if (next === undefined) play(false)
      else go(next)
    }, pace)
    return () => clearTimeout(t)
  }, [playing, ready, step]) // eslint-disable-line
  const toggle = () => {
    if (!playing && step === stepCount) go(1)
    play(!playing)
  }
  useKeys([{ key: 'p', does: playing ? 'Pause the map' : 'Play the map through its time', run: toggle }])
  return (
    <div className="mw-time-bar" role="group" aria-label="Time shown on the map">
      <Button iconName={playing ? 'pause' : 'play'} ariaLabel={playing ? 'Pause' : 'Play through the time'} onClick={toggle} />
      <label htmlFor={id} className="mw-hidden">Step of the time</label>
      <input id={id} type="range" min={0} max={stepCount} step={1} value={step} aria-valuetext={step === 0 ? `All of the time: ${text}` : `Step ${step} of ${stepCount}: ${text}`} onChange={(e) => { play(false); go(Number(e.target.value)) }} />
      <span className="mw-time-text">{step === 0 ? <><b>All of it</b> · {text}</> : <><b>{step} of {stepCount}</b> · {text}</>}</span>
      {step !== 0 && <Button variant="inline-link" onClick={() => { play(false); go(0) }}>All of it</Button>}
    </div>
  )
}
