import type { ReactNode } from 'react'
import { usePrinting } from '../state/printing'
import { Time } from '../ui/Time'
import './print.css'

/** On paper only: where this came from, and when. */
export function Printed(): ReactNode {
  return usePrinting() ? <p className="mw-printed">Mirrorwatch, printed <Time at={Date.now()} label /> from {location.href}</p> : null
}
